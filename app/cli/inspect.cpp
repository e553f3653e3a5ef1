#include <limits>
#include <memory>
#include <string>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/json_io.h"
#include "app/prompt/prompt.h"
#include "engine/base/error.h"
#include "engine/engine.h"
#include "engine/formats/model_source.h"
#include "engine/tokenizer/token_stream.h"
#include "engine/tokenizer/tokenizer.h"

// The commands that look at a model without running it.

namespace app::cli {

namespace {

std::unique_ptr<engine::Tokenizer> openTokenizer(const Arguments& arguments) {
  const engine::TokenizerData data = engine::ModelSource::open_tokenizer(arguments.model());
  return engine::Tokenizer::create(data);
}

bool boolAt(const Json& item, const char* key, const std::filesystem::path& file, const std::string& place) {
  const auto found = item.find(key);
  if (found == item.end() || found->is_null()) return false;
  if (!found->is_boolean()) refuseJson(file, place + "." + key, "true or false");
  return found->get<bool>();
}

std::vector<std::int32_t> idsOf(const Json& list, const std::filesystem::path& file, const std::string& place) {
  std::vector<std::int32_t> ids;
  if (!list.is_array()) refuseJson(file, place, "a list of ids");
  for (const Json& id : list) {
    if (!id.is_number_integer() || id < std::numeric_limits<std::int32_t>::min() ||
        id > std::numeric_limits<std::int32_t>::max()) {
      refuseJson(file, place, "a list of whole numbers of 32 bits");
    }
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

/// The template that conversations would be rendered with; where there is none, its name is empty and the problem says so.
ChatTemplate templateOf(const engine::ModelInfo& info) {
  try {
    return chooseTemplate(info);
  } catch (const engine::Error& error) {
    return {{}, false, {}, error.what()};
  }
}

}  // namespace

int runInfo(Words words) {
  const Arguments arguments(words, {});
  const engine::EngineOptions options = arguments.engineOptions();
  const engine::ModelInfo info = engine::inspect(arguments.model(), options);

  const ChatTemplate chatTemplate = templateOf(info);

  Json types = Json::object();
  for (const auto& [name, bytes] : info.weight_types) types[name] = bytes;
  Json devices = Json::array();
  Json plan = Json::object();
  for (const engine::DeviceInfo& device : engine::list_devices()) {
    devices.push_back({{"name", device.name},
                       {"kind", device.kind},
                       {"memory_total", device.memory_total},
                       {"memory_free", device.memory_free},
                       {"usable", device.usable},
                       {"reason", device.reason}});
    if (device.kind == "cpu") plan["cpu"] = info.memory_bytes;
  }
  printJson({{"name", info.name},
             {"architecture", info.architecture},
             {"parameters", info.parameters},
             {"layers", info.layers},
             {"hidden_size", info.hidden_size},
             {"vocab_size", info.vocab_size},
             {"context_length", info.context_length},
             {"usable_context_length", info.usable_context_length},
             {"weight_bytes", info.weight_bytes},
             {"weight_types", types},
             {"kv_bytes_per_token", info.kv_bytes_per_token},
             {"active_bytes_per_token", info.active_bytes_per_token},
             {"template", !info.chat_template.empty()},
             {"template_used", chatTemplate.name},
             {"template_problem", chatTemplate.problem},
             {"eos_token_ids", info.eos_token_ids},
             {"plan", plan},
             {"devices", devices}});
  return 0;
}

int runTokenize(Words words) {
  constexpr Option kOptions[] = {{"--file"}};
  const Arguments arguments(words, kOptions);
  const std::filesystem::path file = arguments.require("--file");
  const std::unique_ptr<engine::Tokenizer> tokenizer = openTokenizer(arguments);
  const Json texts = readJson(file);
  if (!texts.is_array()) refuseJson(file, "the file", "a list of objects with text");
  Json result = Json::array();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string place = "item " + std::to_string(i);
    const Json& item = texts[i];
    if (!item.is_object() || !item.contains("text") || !item["text"].is_string())
      refuseJson(file, place, "an object with text");
    boolAt(item, "add_special", file,
           place);  // nothing is added by the tokenizers of these families: templates write it
    result.push_back(
        tokenizer->encode(item["text"].get_ref<const std::string&>(), boolAt(item, "parse_special", file, place)));
  }
  printJson(result);
  return 0;
}

int runDetokenize(Words words) {
  constexpr Option kOptions[] = {{"--file"}};
  const Arguments arguments(words, kOptions);
  const std::filesystem::path file = arguments.require("--file");
  const std::unique_ptr<engine::Tokenizer> tokenizer = openTokenizer(arguments);
  const Json lists = readJson(file);
  if (!lists.is_array()) refuseJson(file, "the file", "a list of lists of ids");
  Json result = Json::array();
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const std::string place = "item " + std::to_string(i);
    const Json& item = lists[i];
    const bool named = item.is_object();
    if (named && !item.contains("ids")) refuseJson(file, place, "a list of ids, or an object with ids");
    const std::vector<std::int32_t> ids = idsOf(named ? item["ids"] : item, file, place);
    const bool skipSpecial = named && boolAt(item, "skip_special", file, place);

    engine::TokenStream stream(tokenizer.get(), {}, skipSpecial);
    std::vector<std::string> pieces;
    for (const std::int32_t id : ids) pieces.push_back(stream.push(id));
    if (!pieces.empty()) pieces.back() += stream.finish();
    std::string text;
    for (const std::string& piece : pieces) text += piece;
    result.push_back({{"text", text}, {"pieces", pieces}});
  }
  printJson(result);
  return 0;
}

}  // namespace app::cli
