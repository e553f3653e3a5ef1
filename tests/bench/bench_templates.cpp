// What compiling and rendering chat templates costs: bench_templates FILE.jinja... For each one a line
//   FILE compile_us render_us(25 turns) render_us(50) render_us(100) render_us(200) fingerprint(of the last text)
// of the best of many runs. A turn is a question of 150 bytes and a reply of 500; the conversation is made, and the
// template compiled, before a rendering is timed. bench_templates.py runs it beside Jinja2.
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "templates/template.h"

namespace {

using templates::Template;
using templates::Value;

// Microseconds of the best of as many runs as fit in a third of a second, of ten at least.
double best_of(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  double best = INFINITY;
  const auto end = Clock::now() + std::chrono::milliseconds(330);
  for (int run = 0; run < 10 || Clock::now() < end; ++run) {
    const auto start = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  return best;
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// FNV-1a of the bytes, 64 bits.
std::uint64_t fingerprint(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

Value conversation(int turns) {
  const auto message = [](const char* role, std::string content) {
    Value value = Value::dict();
    value.set("role", Value::template_text(role));
    value.set("content", Value::user_text(std::move(content)));
    return value;
  };
  Value messages = Value::list();
  messages.push_back(message("system", "You are a patient teacher."));
  for (int turn = 0; turn < turns; ++turn) {
    messages.push_back(message("user", std::to_string(turn) + repeated("Why is the sky over a fjord so blue? ", 4)));
    messages.push_back(message("assistant", std::to_string(turn) + repeated("Light scatters. ", 31)));
  }
  Value context = Value::dict();
  context.set("messages", std::move(messages));
  context.set("add_generation_prompt", true);
  context.set("tools", nullptr);
  context.set("bos_token", Value::template_text("<s>"));
  context.set("eos_token", Value::template_text("</s>"));
  return context;
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_templates FILE.jinja...\n");
    return 2;
  }
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    try {
      const Template compiled = Template::compile(text);
      std::printf("%s %.1f", argv[i], best_of([&] { Template::compile(text); }));
      for (const int turns : {25, 50, 100, 200}) {
        const Value context = conversation(turns);
        std::printf(" %.1f", best_of([&] { compiled.render(context); }));
      }
      std::printf(" %016" PRIx64 "\n", fingerprint(compiled.render(conversation(200)).text()));
    } catch (const templates::TemplateError& error) {
      std::fprintf(stderr, "%s: %s\n", argv[i], error.what());
      return 1;
    }
  }
  return 0;
}
