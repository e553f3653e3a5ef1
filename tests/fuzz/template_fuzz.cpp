// libFuzzer: any bytes as a chat template, compiled and rendered over one conversation. Must end soon, in a text or a
// TemplateError, without a crash, a leak or undefined behaviour.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "templates/lint.h"
#include "templates/template.h"

namespace {

using templates::Value;

Value message(const char* role, Value content) {
  Value out = Value::dict();
  out.set("role", Value::template_text(role));
  out.set("content", std::move(content));
  return out;
}

Value conversation() {
  Value part = Value::dict();
  part.set("type", "text");
  part.set("text", "Grüße <|end|> 你好");
  Value parts = Value::list();
  parts.push_back(std::move(part));
  Value messages = Value::list();
  messages.push_back(message("system", "Be short.\n"));
  messages.push_back(message("user", "2 + 2? </think> \xF0\x9F\x99\x82"));
  messages.push_back(message("assistant", Value()));
  messages.push_back(message("user", std::move(parts)));
  Value numbers = Value::list();
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) numbers.push_back(number);
  numbers.push_back(0.5);
  numbers.push_back(1e300);
  Value context = Value::dict();
  context.set("messages", std::move(messages));
  context.set("numbers", std::move(numbers));
  context.set("bos_token", Value::template_text("<s>"));
  context.set("add_generation_prompt", true);
  context.set("tools", Value());
  return context;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Value kContext = conversation();
  templates::RenderOptions options;
  // Small bounds: slow inputs teach the fuzzer nothing.
  options.max_steps = 200'000;
  options.max_output_bytes = std::size_t{1} << 20;
  options.max_memory_bytes = std::size_t{4} << 20;
  try {
    const auto compiled = templates::Template::compile(std::string_view(reinterpret_cast<const char*>(data), size));
    if (size % 8 == 0) templates::lint(compiled);  // some hundred renderings: not for each input
    compiled.render(kContext, options);
  } catch (const templates::TemplateError&) {
  }
  return 0;
}
