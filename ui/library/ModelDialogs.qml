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

    function importFolder() {
        importFolderDialog.open()
    }

    function importFile() {
        importFileDialog.open()
    }

    /// Where the models folder is to lie.
    function moveModels() {
        moveDialog.open()
    }

    FolderDialog {
        id: importFolderDialog
        title: qsTr("Import the folder of a model")
        onAccepted: dialogs.library.examine(selectedFolder)
    }
    FileDialog {
        id: importFileDialog
        title: qsTr("Import the file of a model")
        nameFilters: [qsTr("Models (%1)").arg("*.gguf *.safetensors *.json"), qsTr("All files (%1)").arg("*")]
        onAccepted: dialogs.library.examine(selectedFile)
    }
    FolderDialog {
        id: moveDialog
        title: qsTr("Move the models folder to")
        onAccepted: dialogs.library.moveModels(selectedFolder)
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
