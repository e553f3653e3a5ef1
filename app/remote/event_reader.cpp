#include "app/remote/event_reader.h"

#include <algorithm>
#include <utility>

namespace app {

namespace {

const QByteArray kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

QList<ServerEvent> EventReader::read(const QByteArray& bytes) {
  QList<ServerEvent> events;
  qsizetype place = 0;
  while (place < bytes.size() && !failed_) {
    if (afterReturn_ && bytes[place] == '\n') ++place;
    afterReturn_ = false;
    const auto* const rest = bytes.constData() + place;
    const auto* const all = bytes.constData() + bytes.size();
    const auto* const end = std::find_if(rest, all, [](char c) { return c == '\n' || c == '\r'; });
    if (line_.size() + (end - rest) > kLongestLine) {
      failed_ = true;
      return events;
    }
    line_.append(rest, end - rest);
    place += end - rest;
    if (end == all) break;
    afterReturn_ = *end == '\r';
    ++place;
    endLine(events);
  }
  return events;
}

void EventReader::endLine(QList<ServerEvent>& events) {
  QByteArray line = std::exchange(line_, {});
  if (std::exchange(atHead_, false) && line.startsWith(kByteOrderMark)) line.remove(0, kByteOrderMark.size());
  if (line.isEmpty()) {
    if (std::exchange(hasData_, false)) events.append(event_);
    event_ = {};
    return;
  }
  const qsizetype colon = line.indexOf(':');
  if (colon == 0) return;  // a comment: servers send them so that nobody takes them for dead
  const QByteArray field = colon < 0 ? line : line.left(colon);
  QByteArray value = colon < 0 ? QByteArray() : line.mid(colon + 1);
  if (value.startsWith(' ')) value.remove(0, 1);
  if (field == "event") {
    event_.type = value;
  } else if (field == "data" || field == "error") {
    if (hasData_) event_.data += '\n';
    event_.data += value;
    hasData_ = true;
    if (field == "error") event_.type = field;
    failed_ = event_.data.size() > kLongestEvent;
  }
}

}  // namespace app
