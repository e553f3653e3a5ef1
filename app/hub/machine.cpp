#include "app/hub/machine.h"

#include <QLocale>
#include <cmath>

namespace app {

Machine::Machine(QObject* parent) : QObject(parent) {
  pool_.setMaxThreadCount(1);
}

Machine::Machine(const MachineFacts& facts, QObject* parent) : QObject(parent), facts_(facts), fixed_(true) {}

Machine::~Machine() {
  pool_.clear();
  pool_.waitForDone();
}

QString Machine::sentence() const {
  if (facts_.memoryTotal <= 0) return {};
  QString text = tr("%n core(s)", "of the processor", facts_.cores);
  text = tr("%1, %2 memory").arg(text, byteText(facts_.memoryTotal));
  if (facts_.memoryAvailable > 0) text = tr("%1, %2 of it free").arg(text, byteText(facts_.memoryAvailable));
  if (facts_.bandwidth > 0) {
    const QString speed = QLocale().toString(std::lround(facts_.bandwidth / 1e9));
    text = tr("%1, read at %2 GB a second").arg(text, speed);
  }
  return facts_.gpu.isEmpty() ? text : tr("%1; %2").arg(text, facts_.gpu);
}

QString Machine::speedText(double activeBytesPerToken, double kvBytesPerToken) const {
  ModelNeeds needs;
  needs.activeBytesPerToken = std::llround(activeBytesPerToken);
  needs.kvBytesPerToken = std::llround(kvBytesPerToken);
  const double speed = needs.activeBytesPerToken > 0 ? tokensPerSecond(needs, facts_) : 0;
  return speed > 0 ? tr("up to %1 tokens a second").arg(numberText(speed)) : QString();
}

void Machine::look() {
  if (fixed_ || measuring_) return;
  measuring_ = true;
  emit factsChanged();
  pool_.start([this, bandwidth = facts_.bandwidth] {
    MachineFacts facts = readMachine();
    facts.bandwidth = bandwidth;
    const bool toMeasure = bandwidth <= 0;
    // Memory first: the verdicts need it, the speeds may come a second later. This object waits for the pool in its
    // end.
    QMetaObject::invokeMethod(
        this,
        [this, facts, toMeasure] {
          measuring_ = toMeasure;
          take(facts);
        },
        Qt::QueuedConnection);
    if (!toMeasure) return;
    facts.bandwidth = measureBandwidth(facts);
    QMetaObject::invokeMethod(
        this,
        [this, facts] {
          measuring_ = false;
          take(facts);
        },
        Qt::QueuedConnection);
  });
}

void Machine::take(const MachineFacts& facts) {
  facts_ = facts;
  emit factsChanged();
}

}  // namespace app
