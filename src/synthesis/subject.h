#pragma once

#include <random>
#include <span>
#include <string>
#include <vector>

#include "media/image.h"
#include "synthesis/surface.h"
#include "vision/face_engine.h"

namespace facegate::synthesis {

/// A person to be rendered: one photo of a face seen from the front.
struct Subject {
    std::string name;
    media::Image photo;  ///< what lies around the face
    vision::FaceMesh mesh;
};

struct NamedPhoto {
    std::string name;
    media::Image image;
};

/// The faces in the photos that make a head: at most 18 degrees turned and 24 nodded, eyes open and at least 60 pixels
/// apart, all of the mesh in the photo, and a mesh that comes out the same from shifted squares (the head's depth is
/// taken from it). In the order of the photos.
std::vector<Subject> find_subjects(const vision::FaceEngine& engine, std::span<const NamedPhoto> photos);

/// The subject's head made another person's: a few percent wider, longer or deeper, eyes 5.8 to 6.8 cm apart, and of
/// another skin tone (reflecting between half and all of what the photo does).
struct Variation {
    float width = 1;
    float height = 1;
    float depth = 1;
    double eye_distance_cm = 6.3;
    float tone[3] = {1, 1, 1};  ///< factor on the linear reflectance
};
Variation vary(std::mt19937_64& random);
/// The photo with the variation's tone.
media::Image toned(const media::Image& photo, const Variation& variation);
/// The surface with the variation's proportions.
void reshape(Surface& surface, const Variation& variation);

}  // namespace facegate::synthesis
