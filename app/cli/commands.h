#pragma once

#include <span>
#include <string>

#include "app/cli/interrupt.h"

namespace app::cli {

// The commands of sotto-cli. Each takes the words after its name and returns the exit status: 0 done, 1 bad input (a
// command that prints its results all the same), 130 stopped by Ctrl-C. They throw UsageError for wrong usage (status
// 2), engine::Error and templates::TemplateError for bad input (status 1). Results go to stdout, all else to stderr.
// Main thread only.

using Words = std::span<const std::string>;

int runInfo(Words words);
int runTokenize(Words words);
int runDetokenize(Words words);
int runRender(Words words);
int runLogits(Words words, Interrupt& interrupt);
int runClassify(Words words, Interrupt& interrupt);
int runSample(Words words);
int runGenerate(Words words, Interrupt& interrupt);
int runChat(Words words, Interrupt& interrupt);
int runBench(Words words, Interrupt& interrupt);
int runQuantize(Words words, Interrupt& interrupt);

}  // namespace app::cli
