#include <QJsonDocument>
#include <QtTest>
#include <limits>

#include "app/remote/completion_answer.h"
#include "app/remote/completion_question.h"
#include "app/remote/event_reader.h"
#include "app/remote/remote_failure.h"
#include "app/remote/reply_text.h"

using namespace app;

/// What is read from, and written to, servers that speak OpenAI's protocol: without a network.
class RemoteProtocolTest : public QObject {
  Q_OBJECT

  static QJsonObject json(const QByteArray& text) {
    const QJsonDocument document = QJsonDocument::fromJson(text);
    if (!document.isObject()) qFatal("no object: %s", text.constData());
    return document.object();
  }
  static QJsonObject asked(const CompletionQuestion& question, const QStringList& leftOut = {}) {
    return json(completionJson(QStringLiteral("m"), question, leftOut));
  }
  static QByteArrayList dataOf(const QList<ServerEvent>& events) {
    QByteArrayList data;
    for (const ServerEvent& event : events) data << event.type + '|' + event.data;
    return data;
  }

 private slots:
  void eventsWhereverTheBytesAreCut() {
    const QByteArray stream =
        "\xef\xbb\xbf: comment\n"
        "data: one\n\n"
        "data:two\r\ndata: \xe6\x97\xa5\xe6\x9c\xac\r\n\r\n"
        "event: error\rdata: three\rid: 7\rretry: 10\runknown\r\r"
        "data\n\n"
        "error: four\n\n"
        ":\n\n"
        "event: alone\n\n"
        "data:  five\n\n"
        "data: never ended\n";
    const QByteArrayList expected = {"|one",  "|two\n\xe6\x97\xa5\xe6\x9c\xac", "error|three", "|", "error|four",
                                     "| five"};
    for (qsizetype cut = 0; cut <= stream.size(); ++cut) {
      EventReader reader;
      QByteArrayList events = dataOf(reader.read(stream.left(cut)));
      events += dataOf(reader.read(stream.mid(cut)));
      QVERIFY2(events == expected, qPrintable(QStringLiteral("cut at %1").arg(cut)));
    }
    EventReader slow;
    QByteArrayList events;
    for (const char c : stream) events += dataOf(slow.read(QByteArray(1, c)));
    QCOMPARE(events, expected);
    QVERIFY(!slow.hasFailed());
  }

  void linesAndEventsHaveLimits() {
    EventReader line;
    QVERIFY(line.read("data: " + QByteArray(EventReader::kLongestLine - 6, 'x')).isEmpty());
    QVERIFY(!line.hasFailed());
    line.read("x");
    QVERIFY(line.hasFailed());
    QVERIFY(line.read("\n\ndata: more\n\n").isEmpty());

    EventReader event;
    const QByteArray part = "data: " + QByteArray(1000000, 'x') + '\n';
    for (int i = 0; i < 4; ++i) event.read(part);
    QVERIFY(!event.hasFailed());
    for (int i = 0; i < 2 && !event.hasFailed(); ++i) event.read(part);
    QVERIFY(event.hasFailed());
  }

  void chunksAreReadAndOddOnesAreAsIfNotThere_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("said");  // reasoning|text|finish reason|prompt,cached,completion tokens
    QTest::newRow("content") << QByteArray(R"({"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})")
                             << QStringLiteral("|Hi||-1,-1,-1");
    QTest::newRow("reasoning_content") << QByteArray(
                                              R"({"choices":[{"delta":{"reasoning_content":"Hm","content":null}}]})")
                                       << QStringLiteral("Hm|||-1,-1,-1");
    QTest::newRow("reasoning") << QByteArray(R"({"choices":[{"delta":{"reasoning":"Hm","content":""}}]})")
                               << QStringLiteral("Hm|||-1,-1,-1");
    QTest::newRow("both names") << QByteArray(R"({"choices":[{"delta":{"reasoning":"Hm","reasoning_content":"Hm"}}]})")
                                << QStringLiteral("Hm|||-1,-1,-1");
    QTest::newRow("message") << QByteArray(R"({"choices":[{"message":{"content":"All"},"finish_reason":"length"}]})")
                             << QStringLiteral("|All|length|-1,-1,-1");
    QTest::newRow("usage") << QByteArray(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,)"
                                         R"("prompt_tokens_details":{"cached_tokens":8}}})")
                           << QStringLiteral("|||9,8,4");
    QTest::newRow("null usage") << QByteArray(R"({"choices":[{"delta":{"content":"a"}}],"usage":null})")
                                << QStringLiteral("|a||-1,-1,-1");
    QTest::newRow("second choice") << QByteArray(R"({"choices":[{"index":1,"delta":{"content":"other"}}]})")
                                   << QStringLiteral("|||-1,-1,-1");
    QTest::newRow("other types") << QByteArray(R"({"choices":{"0":1},"usage":[1]})") << QStringLiteral("|||-1,-1,-1");
    QTest::newRow("other types inside")
        << QByteArray(R"({"choices":[{"delta":{"content":["a"],"reasoning":{}},"finish_reason":7}],)"
                      R"("usage":{"prompt_tokens":-3,"completion_tokens":1e300}})")
        << QStringLiteral("|||-1,-1,-1");
    QTest::newRow("choices of nothing") << QByteArray(R"({"choices":[null]})") << QStringLiteral("|||-1,-1,-1");
    QTest::newRow("no choices") << QByteArray(R"({"type":"ping"})") << QStringLiteral("|||-1,-1,-1");
  }
  void chunksAreReadAndOddOnesAreAsIfNotThere() {
    QFETCH(QByteArray, text);
    QFETCH(QString, said);
    const CompletionChunk chunk = readChunk(json(text));
    QCOMPARE(QStringLiteral("%1|%2|%3|%4,%5,%6")
                 .arg(chunk.reasoning, chunk.text, chunk.finishReason)
                 .arg(chunk.promptTokens)
                 .arg(chunk.cachedTokens)
                 .arg(chunk.completionTokens),
             said);
  }

  void logprobsAreReadWithinLimits() {
    const CompletionChunk chunk = readChunk(
        json(R"({"choices":[{"delta":{"content":"Yes"},"logprobs":{"content":[{"token":"Yes","logprob":-0.25,)"
             R"("top_logprobs":[{"token":"Yes","logprob":-0.25},{"token":"No","logprob":-1.5}]},)"
             R"({"token":7,"logprob":"x","top_logprobs":{}},{"token":"sure","logprob":3}]}}]})"));
    QCOMPARE(chunk.tokens.size(), 3);
    const CompletionToken first{
        QStringLiteral("Yes"), -0.25, {{QStringLiteral("Yes"), -0.25}, {QStringLiteral("No"), -1.5}}};
    QVERIFY(chunk.tokens[0] == first);
    QVERIFY(chunk.tokens[1] == CompletionToken{});
    QCOMPARE(chunk.tokens[2].logprob, 0.0);  // no probability is above one

    QByteArray many = R"({"choices":[{"logprobs":{"content":[)";
    for (int i = 0; i < 5000; ++i) many += i > 0 ? ",{}" : "{}";
    QCOMPARE(readChunk(json(many + "]}}]}")).tokens.size(), 4096);
    QByteArray others = R"({"choices":[{"logprobs":{"content":[{"top_logprobs":[)";
    for (int i = 0; i < 100; ++i) others += i > 0 ? ",{}" : "{}";
    QCOMPARE(readChunk(json(others + "]}]}}]}")).tokens[0].alternatives.size(), 20);
  }

  void questionHasOnlyWhatDiffersFromNeutral() {
    CompletionQuestion question;
    question.messages = {{QStringLiteral("system"), QStringLiteral("Be brief.")},
                         {QStringLiteral("user"), QStringLiteral("2+2?")},
                         {QStringLiteral("assistant"), QStringLiteral("<think>\nEasy.\n</think>\n\nFour.")},
                         {QStringLiteral("user"), QStringLiteral("What does <think>a</think> mean?")}};
    question.sampling = CompletionSampling::of({}, 0);
    QJsonObject sent = asked(question);
    QCOMPARE(sent.keys(), QStringList({QStringLiteral("messages"), QStringLiteral("model"), QStringLiteral("stream"),
                                       QStringLiteral("stream_options")}));
    QCOMPARE(sent[QStringLiteral("stream")], QJsonValue(true));
    QCOMPARE(sent[QStringLiteral("stream_options")], QJsonValue(json(R"({"include_usage":true})")));
    const QJsonArray messages = sent[QStringLiteral("messages")].toArray();
    QCOMPARE(messages.size(), 4);
    QCOMPARE(messages[2], QJsonValue(json(R"({"role":"assistant","content":"Four."})")));
    QCOMPARE(messages[3][QStringLiteral("content")].toString(), question.messages[3].text);

    engine::SamplingParams params;
    params.temperature = 0.5;
    params.top_k = 20;
    params.top_p = 0.9;
    params.min_p = 0.05;
    params.repetition_penalty = 1.1;
    params.seed = std::numeric_limits<std::uint64_t>::max();
    question.sampling = CompletionSampling::of(params, 100);
    question.sampling.stop = QStringList{QStringLiteral("END")};
    question.logprobs = 3;
    sent = asked(question);
    for (const auto& [field, value] :
         std::initializer_list<std::pair<const char*, QJsonValue>>{{"temperature", 0.5},
                                                                   {"top_k", 20},
                                                                   {"top_p", 0.9},
                                                                   {"min_p", 0.05},
                                                                   {"repetition_penalty", 1.1},
                                                                   {"repeat_penalty", 1.1},
                                                                   {"seed", std::numeric_limits<qint64>::max()},
                                                                   {"max_tokens", 100},
                                                                   {"stop", QJsonArray{QStringLiteral("END")}},
                                                                   {"logprobs", true},
                                                                   {"top_logprobs", 3}})
      QVERIFY2(sent[QLatin1String(field)] == value, field);
    QVERIFY(!asked(question, {QStringLiteral("top_k")}).contains(QStringLiteral("top_k")));

    params.do_sample = false;
    sent = asked({{}, CompletionSampling::of(params, 0), 0});
    QCOMPARE(sent[QStringLiteral("temperature")], QJsonValue(0));
    QVERIFY(!sent.contains(QStringLiteral("top_k")) && !sent.contains(QStringLiteral("seed")));
    QVERIFY(sent[QStringLiteral("logprobs")].toBool() && !sent.contains(QStringLiteral("top_logprobs")));
  }

  void reasoningStandsBeforeTheText() {
    ReplyText reply;
    QString text = reply.add(QStringLiteral("Let me"), {});
    text += reply.add(QStringLiteral(" see."), {});
    for (const char* piece : {"\n\n", "\nFour.", "\nYes."}) text += reply.add({}, QLatin1String(piece));
    text += reply.end();
    QCOMPARE(text, QStringLiteral("<think>\nLet me see.\n</think>\n\nFour.\nYes."));
    QCOMPARE(reply.size(), text.size());
    ReplyText stopped;
    QCOMPARE(stopped.add(QStringLiteral("Hm"), {}), QStringLiteral("<think>\nHm"));
    QCOMPARE(stopped.end(), QStringLiteral("\n</think>\n\n"));
    QCOMPARE(ReplyText().end(), QString());
  }

  void halfCharactersWaitOrAreReplaced() {
    const QString smile = QStringLiteral("\U0001F600");
    ReplyText reply;
    QCOMPARE(reply.add({}, QLatin1Char('a') + smile.left(1)), QStringLiteral("a"));
    QCOMPARE(reply.add({}, smile.mid(1) + QLatin1Char('b')), smile + QLatin1Char('b'));
    QCOMPARE(reply.add({}, smile.mid(1)), QString(QChar(QChar::ReplacementCharacter)));
    QCOMPARE(reply.add({}, smile.left(1)), QString());
    QCOMPARE(reply.end(), QString(QChar(QChar::ReplacementCharacter)));
    ReplyText thought;
    thought.add(smile.left(1), {});
    QCOMPARE(thought.add({}, QStringLiteral("x")),
             QChar(QChar::ReplacementCharacter) + QStringLiteral("\n</think>\n\nx"));
    QCOMPARE(ReplyText().add({}, QStringLiteral("a") + QChar(0)),
             QStringLiteral("a") + QChar(QChar::ReplacementCharacter));
  }

  void reasoningIsLeftOutOfWhatIsSentBack() {
    QCOMPARE(withoutReasoning(QStringLiteral("Four.")), QStringLiteral("Four."));
    QCOMPARE(withoutReasoning(QStringLiteral("<think>\na\n</think>\n\nFour.\n")), QStringLiteral("Four."));
    QCOMPARE(withoutReasoning(QStringLiteral(" \n<think>a</think>Four.")), QStringLiteral("Four."));
    QCOMPARE(withoutReasoning(QStringLiteral("a\n</think>\nFour.")),
             QStringLiteral("Four."));  // the template opened it
    QCOMPARE(withoutReasoning(QStringLiteral("<think>\nstopped in it")), QString());
    const QString told = QStringLiteral("A <think> stands before </think>.");
    QCOMPARE(withoutReasoning(told), told);
  }

  void serversWordsOfAllForms_data() {
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("fields");
    const QStringList topK = {QStringLiteral("top_k")};
    QTest::newRow("OpenAI") << QByteArray(R"({"error":{"message":"Unrecognized request argument supplied: top_k",)"
                                          R"("type":"invalid_request_error","param":null,"code":null}})")
                            << QStringLiteral("Unrecognized request argument supplied: top_k") << topK;
    QTest::newRow("OpenAI, param") << QByteArray(R"({"error":{"message":"Unknown parameter.","param":"top_k"}})")
                                   << QStringLiteral("Unknown parameter.") << topK;
    QTest::newRow("vLLM before 0.10")
        << QByteArray(
               R"({"object":"error","message":"top_k must be -1","type":"BadRequestError","param":null,"code":400})")
        << QStringLiteral("top_k must be -1") << topK;
    QTest::newRow("FastAPI")
        << QByteArray(R"({"detail":[{"type":"extra_forbidden","loc":["body","top_k"],)"
                      R"("msg":"Extra inputs are not permitted","input":20},{"loc":["body",0,"min_p"]}]})")
        << QStringLiteral("body.top_k: Extra inputs are not permitted")
        << QStringList({QStringLiteral("top_k"), QStringLiteral("min_p")});
    QTest::newRow("FastAPI, text") << QByteArray(R"({"detail":"Not Found"})") << QStringLiteral("Not Found")
                                   << QStringList();
    QTest::newRow("llama.cpp")
        << QByteArray(R"({"error":{"code":400,"message":"bad grammar","type":"invalid_request_error"}})")
        << QStringLiteral("bad grammar") << QStringList();
    QTest::newRow("error as text") << QByteArray(R"({"error":"model is loading"})")
                                   << QStringLiteral("model is loading") << QStringList();
    QTest::newRow("text") << QByteArray(" upstream\r\n\x1b[31mtimed\x07 out ")
                          << QStringLiteral("upstream [31mtimed out") << QStringList();
    QTest::newRow("page") << QByteArray("<html><body>502 Bad Gateway</body></html>") << QString() << QStringList();
    QTest::newRow("nothing") << QByteArray() << QString() << QStringList();
    QTest::newRow("no text") << QByteArray("\xff\xfe\x00\x01", 4) << QStringLiteral("��") << QStringList();
    QTest::newRow("other types") << QByteArray(R"({"error":[1,{"message":2}],"detail":[[],7,{"loc":"body"}]})")
                                 << QStringLiteral(":") << QStringList();
  }
  void serversWordsOfAllForms() {
    QFETCH(QByteArray, body);
    const ServerWords words = readServerWords(body, {});
    QTEST(words.fields, "fields");
    QFETCH(QString, text);
    QCOMPARE(words.text, text);
  }

  void serversWordsAreShortAndWithoutTheKey() {
    const ServerWords words = readServerWords(
        R"({"error":{"message":"Incorrect API key provided: sk-secret-1. Never show sk-secret-1."}})", "sk-secret-1");
    QVERIFY2(!words.text.contains(QStringLiteral("sk-secret-1")), qPrintable(words.text));
    QVERIFY(words.text.startsWith(QStringLiteral("Incorrect API key provided: …")));
    const ServerWords longer = readServerWords("{\"error\":\"" + QByteArray(100000, 'x') + "\"}", {});
    QCOMPARE(longer.text.size(), 300);
    QCOMPARE(readServerWords(QByteArray(100000, 'y'), {}).text.size(), 300);
  }
};

QTEST_GUILESS_MAIN(RemoteProtocolTest)
#include "remote_protocol_test.moc"
