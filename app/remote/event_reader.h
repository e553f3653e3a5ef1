#pragma once

#include <QByteArray>
#include <QList>

namespace app {

/// One server-sent event.
struct ServerEvent {
  QByteArray type;  ///< "" where the server names none
  QByteArray data;  ///< its data lines, joined by line feeds
};

/// Server-sent events from bytes that come in any pieces (WHATWG HTML, "Server-sent events", 9.2.6): lines end with \n,
/// \r\n or \r, a byte order mark at the head is passed over, comments and unknown fields are. Beyond that, a field
/// "error" is an event of type "error", which is how llama.cpp's server tells of failures. Lines and events have
/// limits.
class EventReader {
 public:
  static constexpr qsizetype kLongestLine = 1024 * 1024;       ///< bytes
  static constexpr qsizetype kLongestEvent = 4 * 1024 * 1024;  ///< bytes of data

  /// The events that `bytes` complete. Nothing any more once hasFailed().
  QList<ServerEvent> read(const QByteArray& bytes);
  bool hasFailed() const { return failed_; }  ///< a limit was passed

 private:
  void endLine(QList<ServerEvent>& events);

  QByteArray line_;
  ServerEvent event_;
  bool hasData_ = false;
  bool afterReturn_ = false;  // the last byte was \r: a \n that follows belongs to it
  bool atHead_ = true;
  bool failed_ = false;
};

}  // namespace app
