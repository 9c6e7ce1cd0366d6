#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "crypto/secret.h"
#include "vision/geometry.h"

namespace facegate::app {

/// What looking at one photo gave.
struct PhotoEmbedding {
    enum class Status : std::uint8_t { kFace = 1, kNoFace = 2, kUnreadable = 3 };
    Status status = Status::kUnreadable;
    vision::FaceVector vector;  ///< only with kFace
};

/// The embeddings of a labelled folder's photos, kept in a file so that a measurement can be broken off and repeated.
/// It holds biometric templates, unencrypted: mode 0600. Whoever can write it dictates what is measured: only the
/// user's own file is taken, under one name, that nobody else may write. Records are appended, have a fixed size and a
/// checksum each, so that a process killed while writing loses the last one at most; damaged records are skipped and
/// computed again. Bound to one pack, not to a runtime. One process at a time. Thread-safe.
class EmbeddingCache {
public:
    /// What a record belongs to: the file as it was, so that a changed photo is looked at again. No name is stored.
    using Key = crypto::Digest;
    static Key key_of(const std::string& file, std::uintmax_t bytes, std::int64_t modified_ns);

    /// Opens or creates the file. Throws std::runtime_error with a message for the operator: it cannot be written, is
    /// in use, may be of another's making, is no such cache, or another pack's. A file that is refused stays as it is.
    EmbeddingCache(const std::string& path, const std::string& pack_id, std::size_t dimension);
    ~EmbeddingCache();
    EmbeddingCache(const EmbeddingCache&) = delete;
    EmbeddingCache& operator=(const EmbeddingCache&) = delete;

    /// What the file held of it when it was opened; given away once.
    [[nodiscard]] std::optional<PhotoEmbedding> take(const Key& key);
    /// Of a photo that could be read. Throws std::runtime_error when it cannot be written.
    void add(const Key& key, const PhotoEmbedding& embedding);
    /// Records found damaged, cut off or without a finite vector when the file was opened.
    [[nodiscard]] std::size_t damaged() const { return damaged_; }

private:
    void open();
    void check_whose() const;
    void make_private() const;
    void read_records();
    [[nodiscard]] std::string header() const;
    [[nodiscard]] std::size_t record_size() const;

    std::string path_;
    std::string pack_id_;
    std::size_t dimension_;
    int file_ = -1;
    std::size_t damaged_ = 0;
    std::mutex mutex_;
    std::map<Key, PhotoEmbedding> known_;
};

}  // namespace facegate::app
