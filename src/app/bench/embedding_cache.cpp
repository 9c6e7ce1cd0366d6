#include "app/bench/embedding_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <span>
#include <stdexcept>

#include "base/bytes.h"

namespace facegate::app {
namespace {

constexpr std::size_t kHeaderSize = 512;
constexpr std::size_t kChecksumSize = 8;

std::runtime_error failure(const std::string& path, std::string_view what) {
    return std::runtime_error(fmt::format("{}: {}", path, what));
}

std::runtime_error system_failure(const std::string& path, std::string_view doing) {
    return failure(path, fmt::format("cannot be {}: {}", doing, std::strerror(errno)));
}

std::runtime_error refusal(const std::string& path, std::string_view what) {
    return failure(path,
                   fmt::format("{}: not taken as a cache of embeddings, since others could have written it and so "
                               "dictate the result; name another file with --cache or delete this one",
                               what));
}

/// As many bytes as there are, at most the span's.
std::size_t read_fully(int file, std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t count = ::read(file, out.data() + done, out.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

void write_fully(int file, std::span<const std::uint8_t> bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw system_failure(path, "written");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

}  // namespace

EmbeddingCache::Key EmbeddingCache::key_of(const std::string& file, std::uintmax_t bytes, std::int64_t modified_ns) {
    return crypto::sha256(as_bytes(fmt::format("{}\n{}\n{}", bytes, modified_ns, file)));
}

EmbeddingCache::EmbeddingCache(const std::string& path, const std::string& pack_id, std::size_t dimension)
    : path_(path), pack_id_(pack_id), dimension_(dimension) {
    open();
    try {
        check_whose();
        read_records();
    } catch (...) {
        ::close(file_);
        throw;
    }
}

EmbeddingCache::~EmbeddingCache() {
    ::close(file_);
}

std::string EmbeddingCache::header() const {
    std::string text = fmt::format("facegate embeddings 1\npack {}\ndimension {}\n", pack_id_, dimension_);
    if (text.size() >= kHeaderSize) throw failure(path_, "the pack's name is too long for a cache");
    text.resize(kHeaderSize, '\0');
    return text;
}

// Key, status, values, checksum of all before.
std::size_t EmbeddingCache::record_size() const {
    return Key{}.size() + 1 + dimension_ * sizeof(float) + kChecksumSize;
}

void EmbeddingCache::open() {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file_ < 0 && errno == ELOOP) throw refusal(path_, "is a symbolic link");
    if (file_ < 0) throw system_failure(path_, "opened (the cache of embeddings; --cache FILE puts it elsewhere)");
}

void EmbeddingCache::check_whose() const {
    struct stat about{};
    if (::fstat(file_, &about) != 0) throw system_failure(path_, "read");
    if (!S_ISREG(about.st_mode)) throw refusal(path_, "is not a plain file");
    if (about.st_uid != ::geteuid()) throw refusal(path_, "belongs to another user");
    if (about.st_nlink != 1) throw refusal(path_, "has another name too (a hard link)");
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) throw refusal(path_, "may be written by other users");
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) throw failure(path_, "is in use by another run");
}

void EmbeddingCache::make_private() const {
    if (::fchmod(file_, S_IRUSR | S_IWUSR) != 0) throw system_failure(path_, "made private");
}

void EmbeddingCache::read_records() {
    const std::string expected = header();
    std::string found(kHeaderSize, '\0');
    const std::size_t got = read_fully(file_, {reinterpret_cast<std::uint8_t*>(found.data()), found.size()});
    // A run killed before it had written the header leaves a part of it.
    if (got < kHeaderSize && expected.starts_with(found.substr(0, got))) {
        make_private();
        if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) < 0) throw system_failure(path_, "written");
        write_fully(file_, as_bytes(expected), path_);
        return;
    }
    if (found != expected) {
        const bool cache = found.starts_with("facegate embeddings ");
        throw failure(path_, cache ? fmt::format("is the cache of another pack than \"{}\"; delete it or name another "
                                                 "file with --cache",
                                                 pack_id_)
                                   : "is no cache of embeddings; name another file with --cache");
    }
    make_private();
    constexpr auto face = static_cast<std::uint8_t>(PhotoEmbedding::Status::kFace);
    constexpr auto no_face = static_cast<std::uint8_t>(PhotoEmbedding::Status::kNoFace);
    Bytes record(record_size());
    off_t end = static_cast<off_t>(kHeaderSize);
    while (read_fully(file_, record) == record.size()) {
        end += static_cast<off_t>(record.size());
        const ByteView body(record.data(), record.size() - kChecksumSize);
        const crypto::Digest digest = crypto::sha256(body);
        const std::uint8_t status = record[Key{}.size()];
        if (!std::equal(digest.begin(), digest.begin() + kChecksumSize, body.end()) ||
            (status != face && status != no_face)) {
            ++damaged_;
            continue;
        }
        Key key;
        std::copy_n(record.begin(), key.size(), key.begin());
        PhotoEmbedding embedding{static_cast<PhotoEmbedding::Status>(status), {}};
        if (status == face) {
            embedding.vector.resize(dimension_);
            std::memcpy(embedding.vector.data(), record.data() + key.size() + 1, dimension_ * sizeof(float));
        }
        if (!std::ranges::all_of(embedding.vector, [](float value) { return std::isfinite(value); })) {
            ++damaged_;
            continue;
        }
        known_[key] = std::move(embedding);
    }
    // A cut-off record would shift all that follow it.
    struct stat about{};
    if (::fstat(file_, &about) != 0) throw system_failure(path_, "read");
    if (about.st_size != end) ++damaged_;
    if (::ftruncate(file_, end) != 0 || ::lseek(file_, end, SEEK_SET) < 0) throw system_failure(path_, "written");
}

std::optional<PhotoEmbedding> EmbeddingCache::take(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.extract(key);
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped());
}

void EmbeddingCache::add(const Key& key, const PhotoEmbedding& embedding) {
    Bytes record(record_size());
    std::copy(key.begin(), key.end(), record.begin());
    record[key.size()] = static_cast<std::uint8_t>(embedding.status);
    if (embedding.status == PhotoEmbedding::Status::kFace) {
        if (embedding.vector.size() != dimension_) throw std::logic_error("an embedding of another pack");
        std::memcpy(record.data() + key.size() + 1, embedding.vector.data(), dimension_ * sizeof(float));
    }
    const crypto::Digest digest = crypto::sha256(ByteView(record.data(), record.size() - kChecksumSize));
    std::copy_n(digest.begin(), kChecksumSize, record.end() - kChecksumSize);
    const std::lock_guard lock(mutex_);
    write_fully(file_, record, path_);
}

}  // namespace facegate::app
