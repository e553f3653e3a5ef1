import QtQuick
import QtQuick.Dialogs
import Sotto.App

/// The system's dialogs to choose a model. What is chosen joins the list and is loaded.
Item {
    id: dialogs

    required property ModelLibrary library

    function openFolder() {
        folderDialog.open()
    }

    function openFile() {
        fileDialog.open()
    }

    FolderDialog {
        id: folderDialog
        title: qsTr("Open the folder of a model")
        onAccepted: dialogs.library.add(selectedFolder)
    }
    FileDialog {
        id: fileDialog
        title: qsTr("Open the file of a model")
        nameFilters: [qsTr("Models (%1)").arg("*.gguf *.safetensors *.json"), qsTr("All files (%1)").arg("*")]
        onAccepted: dialogs.library.add(selectedFile)
    }
}
