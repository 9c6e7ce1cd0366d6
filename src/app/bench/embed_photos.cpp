#include "app/bench/embed_photos.h"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "app/bench/progress.h"
#include "provider/local/photo_analysis.h"
#include "runtime/limiter.h"

namespace facegate::app {
namespace {

constexpr std::uintmax_t kLargestPhoto = 64 << 20;

struct PhotoFile {
    std::string path;
    std::uintmax_t bytes = 0;
    EmbeddingCache::Key key{};
};

/// Nothing when the file cannot be looked at.
std::optional<PhotoFile> look_at(const std::string& folder, const std::string& file) {
    PhotoFile found;
    found.path = (std::filesystem::path(folder) / file).string();
    std::error_code failed;
    found.bytes = std::filesystem::file_size(found.path, failed);
    if (failed) return std::nullopt;
    const auto modified = std::filesystem::last_write_time(found.path, failed);
    if (failed) return std::nullopt;
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(modified.time_since_epoch()).count();
    found.key = EmbeddingCache::key_of(file, found.bytes, nanoseconds);
    return found;
}

PhotoEmbedding embed(const PhotoFile& file, const provider::PhotoAnalysis& analysis, const std::string& pack) {
    using Status = PhotoEmbedding::Status;
    if (file.bytes > kLargestPhoto) return {Status::kUnreadable, {}};
    Bytes bytes(file.bytes);
    std::ifstream stream(file.path, std::ios::binary);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!stream) return {Status::kUnreadable, {}};
    Result<provider::PhotoFace> face = analysis.largest_face(bytes);
    if (face) return {Status::kFace, std::move(face->vectors.at(pack))};
    switch (face.error().code) {
        case ErrorCode::kNoFaceDetected: return {Status::kNoFace, {}};
        case ErrorCode::kInvalidImageFormat:
        case ErrorCode::kImageTooLarge: return {Status::kUnreadable, {}};
        default: throw std::runtime_error(fmt::format("{}: {}", file.path, face.error().message));
    }
}

/// Hands out the photos to the threads.
class EmbeddingRun {
public:
    EmbeddingRun(const LabelledFolder& folder, const vision::EngineSet& engines, EmbeddingCache* cache,
                 std::size_t threads, const std::atomic<bool>& stop)
        : folder_(folder),
          cache_(cache),
          stop_(stop),
          places_(threads, 0),
          analysis_(engines, places_),
          pack_(engines.current().pack_id()),
          progress_("Embedded", "photos", folder.photos) {
        for (const LabelledPerson& person : folder.people) {
            embedded_.people.emplace_back(person.photos.size());
            for (std::size_t photo = 0; photo < person.photos.size(); ++photo)
                work_.push_back({embedded_.people.size() - 1, photo});
        }
    }

    EmbeddedFolder run(std::size_t threads) {
        const auto start = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> others;
            for (std::size_t i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
            work();
        }
        if (failure_) std::rethrow_exception(failure_);
        if (stop_) throw std::runtime_error(stopped_message());
        for (const auto& person : embedded_.people) {
            for (const PhotoEmbedding& photo : person) {
                if (photo.status == PhotoEmbedding::Status::kNoFace) ++embedded_.without_face;
                if (photo.status == PhotoEmbedding::Status::kUnreadable) ++embedded_.unreadable;
            }
        }
        embedded_.from_cache = from_cache_;
        embedded_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return std::move(embedded_);
    }

private:
    struct Place {
        std::size_t person = 0;
        std::size_t photo = 0;
    };

    void work() {
        try {
            for (std::size_t i = next_++; i < work_.size() && !stop_ && !failed_; i = next_++) {
                const auto& [person, photo] = work_[i];
                embedded_.people[person][photo] = embedding_of(folder_.people[person].photos[photo]);
            }
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            failed_ = true;
        }
    }

    PhotoEmbedding embedding_of(const LabelledPhoto& photo) {
        const auto file = look_at(folder_.path, photo.file);
        if (!file) {
            progress_.done(true);
            return {};
        }
        if (cache_ != nullptr) {
            if (auto known = cache_->take(file->key)) {
                ++from_cache_;
                progress_.done(true);
                return std::move(*known);
            }
        }
        PhotoEmbedding embedding = embed(*file, analysis_, pack_);
        // One that could not be read may be readable next time, without having changed.
        if (cache_ != nullptr && embedding.status != PhotoEmbedding::Status::kUnreadable)
            cache_->add(file->key, embedding);
        progress_.done();
        return embedding;
    }

    [[nodiscard]] std::string stopped_message() const {
        return cache_ == nullptr ? "stopped" : "stopped; the same command goes on where this one ended";
    }

    const LabelledFolder& folder_;
    EmbeddingCache* cache_;
    const std::atomic<bool>& stop_;
    runtime::Limiter places_;
    provider::PhotoAnalysis analysis_;
    std::string pack_;
    Progress progress_;
    EmbeddedFolder embedded_;
    std::vector<Place> work_;
    std::atomic<std::size_t> next_{0};
    std::atomic<std::size_t> from_cache_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::exception_ptr failure_;
};

}  // namespace

EmbeddedFolder embed_photos(const LabelledFolder& folder, const vision::EngineSet& engines, EmbeddingCache* cache,
                            std::size_t threads, const std::atomic<bool>& stop) {
    return EmbeddingRun(folder, engines, cache, threads, stop).run(threads);
}

}  // namespace facegate::app
