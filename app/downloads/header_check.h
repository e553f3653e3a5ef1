#pragma once

#include <QString>

namespace app {

/// Holds the header of a model's file (by its name: .safetensors, .gguf) against the file's length. Why the file cannot
/// be whole, in a sentence; empty: it can, or it is another kind of file. Reads the header only; any thread but the
/// UI's.
QString headerProblem(const QString& path);

}  // namespace app
