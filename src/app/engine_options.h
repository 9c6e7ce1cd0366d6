#pragma once

#include "app/config.h"
#include "vision/face_engine.h"

namespace facegate::app {

/// Where the settings `share-dir`, `pack`, `runtime` and `calibration` lead: a pack is a name under SHARE/packs or a
/// directory; ONNX Runtime is the one under SHARE, else the system's. `config` as resolved().
vision::FaceEngine::Options engine_options(const Config& config);

}  // namespace facegate::app
