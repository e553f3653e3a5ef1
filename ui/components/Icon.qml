import QtQuick
import QtQuick.Controls.impl

/// A picture of resources/icons in one colour.
IconImage {
    property int size: Theme.iconSize

    color: Theme.dim
    width: size
    height: size
    sourceSize.width: size
    sourceSize.height: size
    smooth: true
    Accessible.ignored: true
}
