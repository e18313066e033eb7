// A disk for SQLite that hangs, is full or read-only when a test wants it: a layer over SQLite's own access
// to files (its VFS), used by every database that is opened while it lives.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

namespace mainstream {

class FaultyDisk {
 public:
  FaultyDisk() : under_(sqlite3_vfs_find(nullptr)), vfs_(*under_) {
    vfs_.zName = "faulty";
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + under_->szOsFile;
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(under_, 1);
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  std::atomic<bool> hangs{false};           // no sync ends while it does
  std::atomic<int> syncing{0};              // syncs that have not ended
  std::atomic<int> write_error{SQLITE_OK};  // what each write gives

 private:
  struct File {
    sqlite3_file base;
    sqlite3_io_methods methods;
    FaultyDisk* disk;
  };
  static sqlite3_file* under(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
  }
  static FaultyDisk& disk(sqlite3_file* file) { return *reinterpret_cast<File*>(file)->disk; }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* self = static_cast<FaultyDisk*>(vfs->pAppData);
    auto* opened = reinterpret_cast<File*>(file);
    std::memset(opened, 0, sizeof(File));
    const int code = self->under_->xOpen(self->under_, name, under(file), flags, out);
    if (code != SQLITE_OK) return code;
    opened->disk = self;
    opened->methods = *under(file)->pMethods;
    fill(opened->methods);
    opened->base.pMethods = &opened->methods;
    return SQLITE_OK;
  }

  static void fill(sqlite3_io_methods& methods) {
    methods.xClose = [](sqlite3_file* f) { return under(f)->pMethods->xClose(under(f)); };
    methods.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
      return under(f)->pMethods->xRead(under(f), to, n, at);
    };
    methods.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
      const int error = disk(f).write_error;
      return error != SQLITE_OK ? error : under(f)->pMethods->xWrite(under(f), from, n, at);
    };
    methods.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) {
      return under(f)->pMethods->xTruncate(under(f), n);
    };
    methods.xSync = [](sqlite3_file* f, int flags) {
      ++disk(f).syncing;
      while (disk(f).hangs) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --disk(f).syncing;
      return under(f)->pMethods->xSync(under(f), flags);
    };
    methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) {
      return under(f)->pMethods->xFileSize(under(f), n);
    };
    methods.xLock = [](sqlite3_file* f, int kind) { return under(f)->pMethods->xLock(under(f), kind); };
    methods.xUnlock = [](sqlite3_file* f, int kind) { return under(f)->pMethods->xUnlock(under(f), kind); };
    methods.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return under(f)->pMethods->xCheckReservedLock(under(f), out);
    };
    methods.xFileControl = [](sqlite3_file* f, int what, void* value) {
      return under(f)->pMethods->xFileControl(under(f), what, value);
    };
    methods.xSectorSize = [](sqlite3_file* f) { return under(f)->pMethods->xSectorSize(under(f)); };
    methods.xDeviceCharacteristics = [](sqlite3_file* f) {
      return under(f)->pMethods->xDeviceCharacteristics(under(f));
    };
    methods.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
      return under(f)->pMethods->xShmMap(under(f), page, size, extend, out);
    };
    methods.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
      return under(f)->pMethods->xShmLock(under(f), offset, n, flags);
    };
    methods.xShmBarrier = [](sqlite3_file* f) { under(f)->pMethods->xShmBarrier(under(f)); };
    methods.xShmUnmap = [](sqlite3_file* f, int remove) {
      return under(f)->pMethods->xShmUnmap(under(f), remove);
    };
    methods.xFetch = [](sqlite3_file* f, sqlite3_int64 at, int n, void** out) {
      return under(f)->pMethods->xFetch(under(f), at, n, out);
    };
    methods.xUnfetch = [](sqlite3_file* f, sqlite3_int64 at, void* page) {
      return under(f)->pMethods->xUnfetch(under(f), at, page);
    };
  }

  sqlite3_vfs* under_;
  sqlite3_vfs vfs_;
};

}  // namespace mainstream
