#include "tests/cli/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace tests {

namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  return ends;
}

/// Reads what is there; false at the end.
bool read_some(int file, std::string& into) {
  std::array<char, 4096> buffer{};
  const ssize_t count = read(file, buffer.data(), buffer.size());
  if (count > 0) into.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

nlohmann::json Outcome::json() const {
  return nlohmann::json::parse(out);
}

std::vector<nlohmann::json> Outcome::lines() const {
  std::vector<nlohmann::json> all;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

bool Outcome::complains_in_one_line() const {
  return err.starts_with("sotto-cli: ") && err.find('\n') + 1 == err.size();
}

Program::Program(const std::vector<std::string>& arguments) {
  const auto in = make_pipe(), out = make_pipe(), err = make_pipe();
  std::vector<std::string> words = {SOTTO_CLI};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    execv(SOTTO_CLI, argv.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  in_ = in[1];
  out_ = out[0];
  err_ = err[0];
}

Program::~Program() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  for (const int file : {in_, out_, err_}) {
    if (file >= 0) close(file);
  }
}

void Program::write(const std::string& text) {
  if (::write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("write failed");
}

void Program::close_input() {
  if (in_ >= 0) close(in_);
  in_ = -1;
}

void Program::wait_for_output(std::size_t count) {
  while (seen_.size() < count && read_some(out_, seen_)) {
  }
}

void Program::interrupt() {
  send(SIGINT);
}

void Program::send(int signal) {
  kill(process_, signal);
}

Outcome Program::finish() {
  close_input();
  Outcome outcome;
  // Both at once, or a full pipe would block the program.
  bool out_open = true, err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 2> files = {{{out_open ? out_ : -1, POLLIN, 0}, {err_open ? err_ : -1, POLLIN, 0}}};
    poll(files.data(), files.size(), -1);
    if (files[0].revents != 0) out_open = read_some(out_, seen_);
    if (files[1].revents != 0) err_open = read_some(err_, outcome.err);
  }
  int status = 0;
  rusage used{};
  wait4(process_, &status, 0, &used);
  process_ = -1;
  outcome.peak_kilobytes = used.ru_maxrss;
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = seen_;
  return outcome;
}

Outcome run(const std::vector<std::string>& arguments) {
  return Program(arguments).finish();
}

}  // namespace tests
