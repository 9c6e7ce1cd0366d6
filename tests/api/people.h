#pragma once

#include "base/bytes.h"
#include "media/image.h"
#include "vision/geometry.h"

namespace facegate::vision {
class FaceEngine;
}

namespace facegate::testing {

/// Five different people out of the pictures that come with the networks, and one more seen in two of them.
enum class Person { kAda, kBen, kCleo, kDan, kEve, kFridaNow, kFridaThen };

/// The one face with its surroundings, upright, 8-bit RGB. Cut once; thread-safe.
const media::Image& picture_of(Person person);
/// The same as JPEG.
const Bytes& photo_of(Person person);
/// The photo's vector as the server computes it. Computed once; thread-safe.
const vision::FaceVector& vector_of(const vision::FaceEngine& engine, Person person);

/// One face that is good enough to enroll but for its eyes.
const media::Image& picture_with_closed_eyes();

/// Four faces in one JPEG.
const Bytes& group_photo();

/// Turned by 90 degrees counter-clockwise, as a camera held upright stores it with EXIF orientation 6.
media::Image turned_left(const media::Image& image);
/// Every pixel the mean of the square around it, `radius` pixels to each side.
media::Image blurred(const media::Image& image, int radius);
/// Every `factor`-th pixel of every `factor`-th row.
media::Image shrunk(const media::Image& image, int factor);

}  // namespace facegate::testing
