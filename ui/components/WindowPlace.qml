import QtQuick
import Sotto.App

/// Gives the window the place and size it had, and remembers them.
Item {
    id: place

    required property Window window
    required property Settings settings
    property bool restored: false

    function remember() {
        if (!restored || window.visibility !== Window.Windowed)
            return
        settings.windowGeometry = Qt.rect(window.x, window.y, window.width, window.height)
    }

    Component.onCompleted: {
        const last = settings.windowGeometry
        // A place on a screen that is gone is left to the window system.
        if (last.width >= window.minimumWidth && last.height >= window.minimumHeight) {
            window.width = last.width
            window.height = last.height
            const reach = Array.from(Qt.application.screens).some(screen =>
                last.x + 80 < screen.virtualX + screen.width && last.x + last.width - 80 > screen.virtualX
                && last.y >= screen.virtualY && last.y + 80 < screen.virtualY + screen.height)
            if (reach) {
                window.x = last.x
                window.y = last.y
            }
        }
        if (settings.windowMaximized)
            window.showMaximized()
        else
            window.show()
        restored = true
    }

    Connections {
        target: place.window

        function onXChanged() { place.remember() }
        function onYChanged() { place.remember() }
        function onWidthChanged() { place.remember() }
        function onHeightChanged() { place.remember() }

        function onVisibilityChanged() {
            if (!place.restored || place.window.visibility === Window.Minimized || place.window.visibility === Window.Hidden)
                return
            place.settings.windowMaximized = place.window.visibility === Window.Maximized
        }
    }
}
