#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vision/face_engine.h"

namespace facegate::vision {

/// The model pack that faces are found and stored with, and those of older templates that people still sign in by.
/// Faces and meshes are always the current pack's; an older pack only embeds them (every pack's alignment is written in
/// points of the same mesh). Immutable and thread-safe.
class EngineSet {
public:
    /// std::invalid_argument if two packs have the same id.
    explicit EngineSet(std::unique_ptr<const FaceEngine> current,
                       std::vector<std::unique_ptr<const FaceEngine>> previous = {});

    [[nodiscard]] const FaceEngine& current() const { return *engines_.front(); }
    /// Null if the pack is not in use.
    [[nodiscard]] const FaceEngine* find(std::string_view pack_id) const;
    /// The packs' ids, the current one first.
    [[nodiscard]] const std::vector<std::string>& packs() const { return packs_; }

    /// One face's vector of each pack.
    [[nodiscard]] FaceVectors embed(const media::Image& image, const FaceMesh& mesh, StageTimes* times = nullptr) const;
    /// Weighted mean of several faces of one person, see FaceEngine::average; each must have a vector of every pack.
    [[nodiscard]] FaceVectors average(std::span<const FaceVectors> faces, std::span<const float> weights) const;

private:
    std::vector<std::unique_ptr<const FaceEngine>> engines_;
    std::vector<std::string> packs_;
};

}  // namespace facegate::vision
