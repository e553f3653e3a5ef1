#pragma once

#include <QString>

namespace app {

/// A title for a conversation that begins with this message: its first words, whole ones, about 40 columns of a
/// fixed-width face (a Chinese character takes two), with an ellipsis where something was left out. Empty for a blank
/// message.
QString titleFrom(const QString& message);

}  // namespace app
