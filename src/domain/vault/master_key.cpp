#include "domain/vault/master_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

namespace facegate::domain {

namespace {

using RawKey = std::array<std::uint8_t, crypto::SecretKey::kSize>;

/// An open file descriptor; closed at the end.
class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

std::unexpected<Error> refused(const std::string& path, std::string_view what) {
    return fail(ErrorCode::kInternalError, fmt::format("Master key {}: {}", path, what));
}

/// Nothing if there is no such file.
Result<std::optional<crypto::SecretKey>> load(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) {
        if (errno == ENOENT) return std::nullopt;
        return refused(path, "cannot be read; check its owner, and that it is not a link");
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return refused(path, "is not a regular file");
    if ((status.st_mode & 077) != 0) return refused(path, "can be read by others than its owner; run chmod 600 on it");
    RawKey raw{};
    if (status.st_size != static_cast<off_t>(raw.size()) ||
        ::read(file.get(), raw.data(), raw.size()) != static_cast<ssize_t>(raw.size())) {
        return refused(path, "does not hold 32 bytes; restore it from your backup");
    }
    crypto::SecretKey key(raw);
    crypto::wipe(raw);
    return key;
}

bool write_all(int descriptor, const RawKey& raw) {
    return ::write(descriptor, raw.data(), raw.size()) == static_cast<ssize_t>(raw.size()) && ::fsync(descriptor) == 0;
}

/// Makes the file's name durable.
bool sync_directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const File opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened.is_open() && ::fsync(opened.get()) == 0;
}

/// Writes a fresh key under another name, then gives it its own: of two processes that start at once, one key stays.
bool create(const std::string& path, Random& random) {
    std::string temporary = path + ".XXXXXX";
    const File file(::mkstemp(temporary.data()));  // mode 0600
    if (!file.is_open()) return false;
    RawKey raw{};
    random.fill(raw);
    const bool written = write_all(file.get(), raw);
    crypto::wipe(raw);
    const bool named = written && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
    ::unlink(temporary.c_str());
    return named && sync_directory_of(path);
}

}  // namespace

Result<crypto::SecretKey> load_or_create_master_key(const std::string& path, Random& random) {
    auto loaded = load(path);
    if (!loaded) return std::unexpected(loaded.error());
    if (!*loaded) {
        if (!create(path, random)) return refused(path, "cannot be created; check that its directory is writable");
        loaded = load(path);
        if (!loaded) return std::unexpected(loaded.error());
        if (!*loaded) return refused(path, "vanished while it was created");
    }
    return **loaded;
}

Result<crypto::SecretKey> master_key_from_hex(std::string_view text) {
    auto bytes = from_hex(text);
    auto key = bytes ? crypto::SecretKey::from_bytes(*bytes) : std::nullopt;
    if (bytes) crypto::wipe(*bytes);
    if (!key) return fail(ErrorCode::kInternalError, "The master key must be given as 64 hexadecimal digits");
    return *key;
}

}  // namespace facegate::domain
