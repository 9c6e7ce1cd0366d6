#pragma once

#include <string>
#include <vector>

#include "synthesis/subject.h"
#include "vision/face_engine.h"

namespace facegate::app {

/// The people whom the attack suite renders, as two halves that share nobody: thresholds are fixed on one and reported
/// on the other.
struct SuiteFaces {
    std::vector<synthesis::Subject> training;
    std::vector<synthesis::Subject> test;
    std::size_t photos = 0;
};

inline constexpr std::size_t kMaxSuitePhotos = 1000;
inline constexpr std::size_t kMaxSuiteFaces = 64;

/// Takes the faces that make a head (synthesis::find_subjects) from the folder's JPEG and PNG files, in the order of
/// their names, one face of each person: a face whose false match rate with an earlier one is under 1e-3 counts as the
/// same person and is left out. People go to the halves in turn. Photos that cannot be decoded are left out as well.
/// Throws std::runtime_error with a message for the operator: no such folder, more than kMaxSuitePhotos files, fewer
/// than two people in a half. After kMaxSuiteFaces people no further photo is looked at.
SuiteFaces load_suite_faces(const std::string& folder, const vision::FaceEngine& engine);

}  // namespace facegate::app
