#pragma once

#include <stdexcept>

#include "vision/engine_set.h"

namespace facegate::vision {

/// The default pack, loaded once for the test program.
inline const EngineSet& default_engines() {
    static const EngineSet loaded = [] {
        auto engine = FaceEngine::load({.pack_dir = FACEGATE_SHARE "/packs/default",
                                        .onnxruntime_path = FACEGATE_SHARE "/onnxruntime/libonnxruntime.so.1"});
        if (!engine) throw std::runtime_error(engine.error().message);
        return EngineSet(std::move(*engine));
    }();
    return loaded;
}

}  // namespace facegate::vision
