#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "app/bench/embedding_cache.h"
#include "app/bench/labelled_photos.h"
#include "vision/engine_set.h"

namespace facegate::app {

/// All photos of a folder, by person and photo as there.
struct EmbeddedFolder {
    std::vector<std::vector<PhotoEmbedding>> people;
    std::size_t without_face = 0;
    std::size_t unreadable = 0;
    std::size_t from_cache = 0;
    double seconds = 0;  ///< for all of it
};

/// Looks at each photo as POST /v1/match does: the largest face counts. Known ones come from `cache`, new ones are
/// added to it; null: none. On `threads` threads. Throws std::runtime_error when `stop` is set before the end.
EmbeddedFolder embed_photos(const LabelledFolder& folder, const vision::EngineSet& engines, EmbeddingCache* cache,
                            std::size_t threads, const std::atomic<bool>& stop);

}  // namespace facegate::app
