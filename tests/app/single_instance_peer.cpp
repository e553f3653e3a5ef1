// A start of the program on a data folder, without the program: single_instance_peer FOLDER ARGUMENT. Says on stdout
// "first", "raised", "unguarded" or "unanswered"; the first stays and says "raise ARGUMENT" for each later start.
#include <QCoreApplication>
#include <cstdio>

#include "app/single_instance.h"

int main(int argc, char** argv) {
  QCoreApplication program(argc, argv);
  if (argc != 3) {
    return 2;
  }
  app::SingleInstance instance(QString::fromUtf8(argv[1]));
  QObject::connect(&instance, &app::SingleInstance::raiseRequested, [](const QString& argument) {
    std::printf("raise %s\n", argument.toUtf8().constData());
    std::fflush(stdout);
  });
  const app::SingleInstance::Outcome outcome = instance.start(QString::fromUtf8(argv[2]));
  const char* const words[] = {"first", "raised", "unguarded", "unanswered"};
  std::printf("%s\n", words[static_cast<int>(outcome)]);
  std::fflush(stdout);
  return outcome == app::SingleInstance::Outcome::First ? program.exec() : 0;
}
