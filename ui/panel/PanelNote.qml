import QtQuick
import QtQuick.Layouts

/// A small line of explanation in a panel.
Words {
    color: Theme.faint
    font.pixelSize: Theme.captionSize
    lineHeight: 1.3
    wrapMode: Text.Wrap
    Layout.fillWidth: true
}
