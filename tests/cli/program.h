#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tests {

/// What a run of sotto-cli gave.
struct Outcome {
  int status = -1;  ///< exit status, or 128 + the signal that ended it
  std::string out, err;
  std::int64_t peak_kilobytes = 0;  ///< most memory it had at once
  nlohmann::json json() const;
  /// Each line of stdout as JSON.
  std::vector<nlohmann::json> lines() const;
  /// Exactly one line on stderr that begins with the program's name.
  bool complains_in_one_line() const;
};

/// A running sotto-cli with pipes for all three streams. It is ended when the object goes.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void write(const std::string& text);
  void close_input();
  /// Waits until stdout holds `count` bytes or more in all (or its end).
  void wait_for_output(std::size_t count);
  void interrupt();
  void send(int signal);
  /// Waits for the end.
  Outcome finish();

 private:
  int process_ = -1, in_ = -1, out_ = -1, err_ = -1;
  std::string seen_;
};

/// Runs sotto-cli to its end with empty stdin.
Outcome run(const std::vector<std::string>& arguments);

}  // namespace tests
