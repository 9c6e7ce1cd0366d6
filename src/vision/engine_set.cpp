#include "vision/engine_set.h"

#include <algorithm>
#include <stdexcept>

namespace facegate::vision {

EngineSet::EngineSet(std::unique_ptr<const FaceEngine> current,
                     std::vector<std::unique_ptr<const FaceEngine>> previous) {
    engines_.push_back(std::move(current));
    for (auto& engine : previous) engines_.push_back(std::move(engine));
    for (const auto& engine : engines_) {
        if (std::ranges::find(packs_, engine->pack_id()) != packs_.end()) {
            throw std::invalid_argument("the model pack " + engine->pack_id() + " is there twice");
        }
        packs_.push_back(engine->pack_id());
    }
}

const FaceEngine* EngineSet::find(std::string_view pack_id) const {
    for (std::size_t i = 0; i < packs_.size(); ++i) {
        if (packs_[i] == pack_id) return engines_[i].get();
    }
    return nullptr;
}

FaceVectors EngineSet::embed(const media::Image& image, const FaceMesh& mesh, StageTimes* times) const {
    FaceVectors vectors;
    for (const auto& engine : engines_) vectors.emplace(engine->pack_id(), engine->embed(image, mesh, times));
    return vectors;
}

FaceVectors EngineSet::average(std::span<const FaceVectors> faces, std::span<const float> weights) const {
    FaceVectors means;
    for (const auto& engine : engines_) {
        std::vector<FaceVector> vectors;
        for (const FaceVectors& face : faces) vectors.push_back(face.at(engine->pack_id()));
        means.emplace(engine->pack_id(), engine->average(vectors, weights));
    }
    return means;
}

}  // namespace facegate::vision
