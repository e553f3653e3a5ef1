pragma ComponentBehavior: Bound

import QtQuick
import Sotto.App

/// The keys that hold in the whole window. Enter, Shift+Enter, Up and Esc belong to the composer and are handled there.
Item {
    id: keys

    required property ShortcutListModel shortcuts

    signal triggered(string action)

    Repeater {
        model: ["newChat", "searchChats", "nextChat", "renameChat", "toggleSidebar", "togglePanel", "focusComposer", "regenerate",
                "copyReply", "previousMessage", "nextMessage", "models", "settings", "shortcuts"]
        delegate: Item {
            id: entry

            required property string modelData

            Shortcut {
                // The main key of that name is Return; Enter is the one of the number block.
                sequences: {
                    const bound = keys.shortcuts.keysFor(entry.modelData)
                    return bound.endsWith("Enter") ? [bound, bound.replace("Enter", "Return")] : [bound]
                }
                onActivated: keys.triggered(entry.modelData)
            }
        }
    }
}
