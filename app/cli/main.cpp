#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/json_io.h"
#include "engine/base/error.h"

namespace {

constexpr std::string_view kUsage = R"(usage: sotto-cli COMMAND ...
  info MODEL [--context N]                      what a model is and needs
  tokenize MODEL --file F                       texts to ids
  detokenize MODEL --file F                     ids to texts
  render --cases F | --template T --context C   chat templates to text [--now 2026-01-31T12:00:00]
  logits MODEL (--ids 1,2,3 | --embeddings F) --out F.safetensors
                                                [--chunks 17,1,1] [--hidden-states] [--attentions L,...]
                                                [--router-logits] [--logits-from N | --last-only]
  classify MODEL --ids 1,2,3 --out F.safetensors  logits of the labels
  sample --scores F.safetensors --ids 1,2,3 --settings S.json [--draws N] [--prompt-length N]
  generate MODEL (--messages M.json | --prompt TEXT | --raw TEXT | --ids 1,2,3) [--settings S.json] [--json]
                                                [--session F]  what was read is kept in F for the next time
  chat MODEL [--settings S.json]                a conversation in the terminal
  bench MODEL [--prompt 512] [--generate 64] [--depth 0] [--repeat 3]
  quantize MODEL --type q8_0|q4_0|q4_k|q6_k|bf16 --out F.gguf   a smaller file of the same model
MODEL is a folder, a GGUF file, or the word demo. Everywhere: --device cpu|cuda|auto, --threads N, --pin (each thread to a core of
its own), --kv f16|q8_0|f32|bf16, --compute f32|auto, --isa portable|avx2|avx512|amx|auto, --context N, --quiet, --deterministic
(no bit of the logits depends on batch, chunks, cache or threads). Also: --version, --help.
)";

int run(const std::vector<std::string>& words, app::cli::Interrupt& interrupt) {
  using namespace app::cli;
  if (words.empty()) throw UsageError("the command is missing; sotto-cli --help lists them");
  const std::string& command = words.front();
  const Words rest = Words(words).subspan(1);
  if (command == "--version") {
    std::cout << "sotto-cli " SOTTO_VERSION "\n";
    return 0;
  }
  if (command == "--help") {
    std::cout << kUsage;
    return 0;
  }
  if (command == "info") return runInfo(rest);
  if (command == "tokenize") return runTokenize(rest);
  if (command == "detokenize") return runDetokenize(rest);
  if (command == "render") return runRender(rest);
  if (command == "logits") return runLogits(rest, interrupt);
  if (command == "classify") return runClassify(rest, interrupt);
  if (command == "sample") return runSample(rest);
  if (command == "generate") return runGenerate(rest, interrupt);
  if (command == "chat") return runChat(rest, interrupt);
  if (command == "bench") return runBench(rest, interrupt);
  if (command == "quantize") return runQuantize(rest, interrupt);
  throw UsageError("unknown command '" + command + "'; sotto-cli --help lists them");
}

/// The one line of an error.
void complain(std::string sentence) {
  std::replace(sentence.begin(), sentence.end(), '\n', ' ');
  std::cerr << "sotto-cli: " << sentence << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  // A file that may grow no more (ulimit -f) is an error of the write, not the end of the program.
  std::signal(SIGXFSZ, SIG_IGN);
  app::cli::Interrupt interrupt;
  try {
    const int status = run({argv + 1, argv + argc}, interrupt);
    app::cli::flushOutput();
    return status;
  } catch (const app::cli::UsageError& error) {
    complain(error.what());
    return 2;
  } catch (const std::bad_alloc&) {
    complain("the computer ran out of memory");
    return 1;
  } catch (const std::exception& error) {
    complain(error.what());
    return 1;
  }
}
