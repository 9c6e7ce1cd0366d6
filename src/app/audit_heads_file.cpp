#include "app/audit_heads_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace facegate::app {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLine = 4096;

[[noreturn]] void refuse(const std::string& path, const char* what) {
    throw std::runtime_error("audit heads " + path + ": " + what + ": " + std::strerror(errno));
}

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

std::string line_of(const domain::SignedHead& head) {
    const json::object line{{"tenant_id", head.head.scope.tenant.value},
                            {"environment", name_of(head.head.scope.environment)},
                            {"seq", head.head.seq},
                            {"hash", to_hex(head.head.hash)},
                            {"signed_at", to_iso8601(head.head.signed_at)},
                            {"head", head.token}};
    return json::serialize(line) + "\n";
}

/// The end of the last whole line.
off_t end_of_lines(int descriptor, off_t size) {
    std::string tail(static_cast<std::size_t>(std::min<off_t>(size, kMaxLine)), '\0');
    const off_t from = size - static_cast<off_t>(tail.size());
    if (::pread(descriptor, tail.data(), tail.size(), from) != static_cast<ssize_t>(tail.size())) return size;
    const std::size_t newline = tail.rfind('\n');
    return newline == std::string::npos ? from : from + static_cast<off_t>(newline) + 1;
}

std::optional<domain::AuditHead> head_in(const std::string& line, const domain::HeadSigner& signer) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    const json::value* token = error || !value.is_object() ? nullptr : value.get_object().if_contains("head");
    if (token == nullptr || !token->is_string()) return std::nullopt;
    return signer.read(token->get_string());
}

}  // namespace

void append_heads(const std::string& path, const std::vector<domain::SignedHead>& heads) {
    const File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    struct stat status{};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) refuse(path, "cannot be opened");
    const off_t end = end_of_lines(file.get(), status.st_size);
    if (end != status.st_size && ::ftruncate(file.get(), end) != 0) refuse(path, "cannot be written");
    std::string text;
    for (const domain::SignedHead& head : heads) text += line_of(head);
    const ssize_t written = ::pwrite(file.get(), text.data(), text.size(), end);
    if (written != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0) refuse(path, "cannot be written");
}

HeadsFile read_heads(const std::string& path, const domain::HeadSigner& signer) {
    std::ifstream file(path, std::ios::binary);
    if (!file) refuse(path, "cannot be read");
    HeadsFile read;
    std::string line;
    char c = '\0';
    for (std::size_t number = 1; file.get(c);) {
        if (c != '\n') {
            // The rest of an over-long line is passed over: no head is that long.
            if (line.size() <= kMaxLine) line += c;
            continue;
        }
        auto head = line.size() <= kMaxLine ? head_in(line, signer) : std::nullopt;
        if (head) {
            read.heads.push_back(std::move(*head));
        } else {
            read.bad_lines.push_back(number);
        }
        line.clear();
        ++number;
    }
    return read;
}

}  // namespace facegate::app
