#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QtGlobal>

namespace app {

/// Owns a file descriptor; closes it. Moves.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// An error of the file system: what was tried, on what, and errno. Thrown by Folder; never leaves app/downloads.
struct FileError {
  QString doing;  ///< a sentence's beginning: "Creating FILE failed"
  int code = 0;   ///< errno

  /// The disk, the person's share of it or the largest file that it can hold is used up.
  bool isFull() const;
  QString sentence() const;
};

/// An open folder below which everything is reached, so that no name and no symbolic link, also none that is made
/// meanwhile, leads out of it: paths are walked part by part, and none may be a link. Paths are safe ones (see
/// safePath). All functions throw FileError unless they say otherwise. Any thread, one at a time.
class Folder {
 public:
  Folder() = default;
  /// The folder itself may be reached over links: it is the person's. It is made where it is missing.
  static Folder openOrMake(const QString& path);
  /// Folder without an open descriptor where there is none (isOpen() is false).
  static Folder open(const QString& path);

  bool isOpen() const { return static_cast<bool>(fd_); }
  const QString& path() const { return path_; }
  int descriptor() const { return fd_.number(); }

  Folder openBelow(const QString& path) const;  ///< not open where it is missing
  Folder makeBelow(const QString& path) const;  ///< opens or makes, with those above it
  bool exists(const QString& path) const;       ///< of any kind, a link too; does not throw
  /// Names of what lies in the folder itself, without "." and "..", sorted; at most 10 000.
  QStringList names() const;
  bool isFolder(const QString& name) const;

  /// Opens a file for reading and writing; it is made where it is missing, with the folders above it. Only a regular
  /// file with one name is opened.
  Descriptor openFile(const QString& path) const;
  /// For reading; not open where it is missing.
  Descriptor openForReading(const QString& path) const;
  /// The content of a small file; empty where it is missing or larger than `most` bytes.
  QByteArray read(const QString& path, qint64 most) const;
  /// Replaces the file whole, and it is on the disk when this returns.
  void replace(const QString& path, const QByteArray& content) const;

  /// Moves below another folder, never onto something that exists.
  void renameTo(const QString& name, const Folder& target, const QString& newName) const;
  /// Removes a file, a link or a folder with all that is in it; links are not followed. Nothing where it is missing.
  void remove(const QString& name) const;
  /// Removes a single file or link below; nothing where it is missing.
  void removeFile(const QString& path) const;
  /// Bytes on the disk of all that lies below; does not throw.
  qint64 bytesOnDisk() const;
  void sync() const;
  /// sync() of it and of every folder below.
  void syncAll() const;
  /// Bytes that this person may still store on the disk.
  qint64 freeBytes() const;

 private:
  Folder(Descriptor fd, QString path);
  QString below(const QString& path) const;
  Folder walk(const QStringList& parts, bool make) const;

  Descriptor fd_;
  QString path_;
};

// On open files; they throw FileError, with `path` for the sentence.
void writeAt(const Descriptor& file, qint64 offset, const QByteArray& bytes, const QString& path);
qint64 sizeOf(const Descriptor& file, const QString& path);
/// Makes the file `size` bytes long and claims the room for it where the file system can.
void claim(const Descriptor& file, qint64 size, const QString& path);
void syncFile(const Descriptor& file, const QString& path);

}  // namespace app
