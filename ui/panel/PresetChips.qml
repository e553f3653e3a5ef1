pragma ComponentBehavior: Bound

import QtQuick
import Sotto.App

/// The named sets of values; the one that is in force is marked.
Flow {
    id: chips

    required property SamplingViewModel sampling

    spacing: Theme.px(6)
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Preset")
    Accessible.description: sampling.preset

    Repeater {
        model: chips.sampling.presets
        delegate: Chip {
            required property string modelData

            text: modelData
            checked: chips.sampling.preset === modelData
            onClicked: chips.sampling.applyPreset(modelData)
        }
    }
}
