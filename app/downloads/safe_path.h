#pragma once

#include <QString>
#include <optional>

namespace app {

inline constexpr int kLongestPathPart = 128;  // bytes of UTF-8
inline constexpr int kLongestPath = 512;      // bytes of UTF-8
inline constexpr int kDeepestPath = 6;        // parts

/// A path below a folder of ours, rebuilt from what a hub gives: '/' between parts of letters and digits of ASCII, '.',
/// '_',
/// '-', and letters of Chinese, Japanese and Korean; other printable characters become '_'. Nothing where the path is
/// absolute, leads upwards, has an empty part, a part that begins or ends with '.', a name that systems keep for
/// devices, control characters, '\' or ':', or is too long.
std::optional<QString> safePath(const QString& path);

/// The same for a single part.
std::optional<QString> safeName(const QString& name);

}  // namespace app
