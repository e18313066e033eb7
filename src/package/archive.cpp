#include "package/archive.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <array>
#include <set>

#include "core/file.hpp"
#include "core/mutex.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using ZipHandle = std::unique_ptr<zip_t, Discard>;
using ZipFile = std::unique_ptr<zip_file_t, CloseFile>;

std::string describe(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

ZipHandle open_for_reading(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  // Checked first: opening a named pipe would wait for a writer.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw Error(ErrorKind::unreadable, fmt::format("{}: not a regular file", path.string()));
  }
  int code = 0;
  ZipHandle archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (archive) return archive;
  const bool unreadable = code == ZIP_ER_NOENT || code == ZIP_ER_OPEN || code == ZIP_ER_READ;
  if (unreadable) {
    throw Error(ErrorKind::unreadable, fmt::format("{}: cannot open: {}", path.string(), describe(code)));
  }
  throw Error(ErrorKind::untrusted,
              fmt::format("{}: not a zip file, or a damaged one: {}", path.string(), describe(code)));
}

ArchiveReader::Entry stored_entry(zip_t* archive, zip_uint64_t index, const std::string& path) {
  zip_stat_t status;
  const char* name = zip_get_name(archive, index, ZIP_FL_ENC_RAW);
  if (name == nullptr || zip_stat_index(archive, index, 0, &status) != 0) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: entry {} is damaged", path, index));
  }
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  const bool stored = (status.valid & kNeeded) == kNeeded && status.comp_method == ZIP_CM_STORE &&
                      status.comp_size == status.size && status.encryption_method == ZIP_EM_NONE;
  if (!stored) {
    throw Error(
        ErrorKind::untrusted,
        fmt::format("{}: entry {} is compressed or encrypted; an M-Package stores its entries as they are",
                    path, in_quotes(name)));
  }
  return {name, status.size};
}

void add_entry(zip_t* archive, const ArchiveEntry& entry, const std::string& path) {
  const auto fail = [&] {
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot add {}: {}", path, entry.name, zip_strerror(archive)));
  };
  zip_source_t* source = zip_source_buffer(archive, entry.bytes.data(), entry.bytes.size(), 0);
  if (source == nullptr) fail();
  const zip_int64_t index = zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    fail();
  }
  constexpr zip_uint16_t kFirstDay = (1 << 5) | 1;  // 1980-01-01, where the zip format's calendar begins
  const auto added = static_cast<zip_uint64_t>(index);
  if (zip_set_file_compression(archive, added, ZIP_CM_STORE, 0) != 0 ||
      zip_file_set_dostime(archive, added, 0, kFirstDay, 0) != 0) {
    fail();
  }
}

}  // namespace

struct ArchiveReader::State {
  std::filesystem::path path;
  std::vector<Entry> entries;
  Mutex mutex;  // one thread at a time may use libzip's handle
  ZipHandle archive GUARDED_BY(mutex);
};

ArchiveReader::ArchiveReader(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  const MutexLock lock(state_->mutex);
  state_->archive = open_for_reading(path);
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(state_->archive.get(), 0));
  const std::uint64_t file_size = std::filesystem::file_size(path);
  std::set<std::string_view> names;
  std::uint64_t total = 0;
  state_->entries.reserve(count);
  for (zip_uint64_t i = 0; i < count; ++i) {
    const Entry& entry = state_->entries.emplace_back(stored_entry(state_->archive.get(), i, path.string()));
    if (!names.insert(entry.name).second) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: duplicate entry {}", path.string(), in_quotes(entry.name)));
    }
    // Entries that share bytes would let a small file claim any size.
    if (entry.size > file_size - total) {
      throw Error(ErrorKind::untrusted, fmt::format("{}: entry {} claims {} bytes, more than the file has",
                                                    path.string(), in_quotes(entry.name), entry.size));
    }
    total += entry.size;
  }
}

ArchiveReader::~ArchiveReader() = default;

const std::filesystem::path& ArchiveReader::path() const {
  return state_->path;
}

const std::vector<ArchiveReader::Entry>& ArchiveReader::entries() const {
  return state_->entries;
}

const ArchiveReader::Entry* ArchiveReader::find(std::string_view name) const {
  for (const Entry& entry : state_->entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

void ArchiveReader::read(const Entry& entry, const std::function<void(std::string_view)>& piece) const {
  const auto index = static_cast<zip_uint64_t>(&entry - state_->entries.data());
  const auto fail = [&](const char* what) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: entry {} is damaged: {}", state_->path.string(),
                                                  in_quotes(entry.name), what));
  };
  const MutexLock lock(state_->mutex);
  const ZipFile file(zip_fopen_index(state_->archive.get(), index, 0));
  if (!file) fail(zip_strerror(state_->archive.get()));
  std::vector<char> buffer(std::size_t{1} << 18);
  std::uint64_t done = 0;
  while (true) {
    const zip_int64_t got = zip_fread(file.get(), buffer.data(), buffer.size());
    if (got < 0) fail(zip_file_strerror(file.get()));
    if (got == 0) break;
    done += static_cast<std::uint64_t>(got);
    piece({buffer.data(), static_cast<std::size_t>(got)});
  }
  if (done != entry.size) fail("it is shorter than it claims");
}

std::string ArchiveReader::read(const Entry& entry) const {
  std::string bytes;
  bytes.reserve(entry.size);
  read(entry, [&](std::string_view piece) { bytes += piece; });
  return bytes;
}

void write_archive(const std::filesystem::path& path, const std::vector<ArchiveEntry>& entries) {
  TemporaryFile temporary(path);
  int code = 0;
  ZipHandle archive(zip_open(temporary.path().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive)
    throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), describe(code)));
  for (const ArchiveEntry& entry : entries) add_entry(archive.get(), entry, path.string());
  if (zip_close(archive.get()) != 0) {
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot write: {}", path.string(), zip_strerror(archive.get())));
  }
  (void)archive.release();  // closed
  temporary.commit();
}

}  // namespace mainstream
