<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
    <context>
        <name>CardGrid</name>
        <message numerus="yes">
            <source>Show all %n model(s)</source>
            <translation>
                <numerusform>Show all %n model</numerusform>
                <numerusform>Show all %n models</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>InstalledTable</name>
        <message numerus="yes">
            <source>%n model(s) of other programs cannot be opened by Sotto</source>
            <translation>
                <numerusform>%n model of other programs cannot be opened by Sotto</numerusform>
                <numerusform>%n models of other programs cannot be opened by Sotto</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ModelSettings</name>
        <message numerus="yes">
            <source>%n minute(s)</source>
            <translation>
                <numerusform>%n minute</numerusform>
                <numerusform>%n minutes</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hour(s)</source>
            <translation>
                <numerusform>%n hour</numerusform>
                <numerusform>%n hours</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>RemoteForm</name>
        <message numerus="yes">
            <source>The server answers, with %n model(s).</source>
            <translation>
                <numerusform>The server answers, with %n model.</numerusform>
                <numerusform>The server answers, with %n models.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Sidebar</name>
        <message numerus="yes">
            <source>%n download(s), %1 %</source>
            <translation>
                <numerusform>%n download, %1 %</numerusform>
                <numerusform>%n downloads, %1 %</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::CompletionStream</name>
        <message numerus="yes">
            <source>%n second(s)</source>
            <translation>
                <numerusform>%n second</numerusform>
                <numerusform>%n seconds</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n minute(s)</source>
            <translation>
                <numerusform>%n minute</numerusform>
                <numerusform>%n minutes</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hour(s)</source>
            <translation>
                <numerusform>%n hour</numerusform>
                <numerusform>%n hours</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::DownloadQueue</name>
        <message numerus="yes">
            <source>%n minutes left</source>
            <translation>
                <numerusform>%n minute left</numerusform>
                <numerusform>%n minutes left</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hours left</source>
            <translation>
                <numerusform>%n hour left</numerusform>
                <numerusform>%n hours left</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::HeaderFetch</name>
        <message numerus="yes">
            <source>The model has %n file(s), too many to look at.</source>
            <translation>
                <numerusform>The model has %n file, too many to look at.</numerusform>
                <numerusform>The model has %n files, too many to look at.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::HttpGet</name>
        <message numerus="yes">
            <source>Nothing came from %1 for %n seconds.</source>
            <translation>
                <numerusform>Nothing came from %1 for %n second.</numerusform>
                <numerusform>Nothing came from %1 for %n seconds.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::Hub</name>
        <message numerus="yes">
            <source>The hub has had too many questions and asks to wait %n second(s).</source>
            <translation>
                <numerusform>The hub has had too many questions and asks to wait %n second.</numerusform>
                <numerusform>The hub has had too many questions and asks to wait %n seconds.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::Machine</name>
        <message numerus="yes">
            <source>%n core(s)</source>
            <comment>of the processor</comment>
            <translation>
                <numerusform>%n core</numerusform>
                <numerusform>%n cores</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::ModelLibrary</name>
        <message numerus="yes">
            <source>%n day(s) ago</source>
            <translation>
                <numerusform>%n day ago</numerusform>
                <numerusform>%n days ago</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::ModelRunner</name>
        <message numerus="yes">
            <source>%n thread(s)</source>
            <translation>
                <numerusform>%n thread</numerusform>
                <numerusform>%n threads</numerusform>
            </translation>
        </message>
    </context>
</TS>
