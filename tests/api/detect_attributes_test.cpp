#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "api/api_fixture.h"
#include "unit/media/image_encoders.h"

namespace facegate::testing {
namespace {

using media::testing::encode_jpeg;
using media::testing::encode_png;
using media::testing::JpegOptions;

class DetectAttributes : public ApiTest {
protected:
    Answer describe(const Bytes& image) const {
        return post("/v1/detect-attributes", json::object{{"image", base64(image)}});
    }
};

json::array items(const Answer& answer, std::string_view pointer) {
    return answer.at(pointer).as_array();
}

/// Codes of the gate's reasons, each once.
std::set<std::string> gate_codes(const Answer& answer) {
    std::set<std::string> codes;
    for (const json::value& reason : items(answer, "/QualityGate/Reasons"))
        codes.emplace(reason.at("Code").as_string());
    return codes;
}

struct Place {
    double x = 0;
    double y = 0;
};

std::map<std::string, Place> landmarks_of(const Answer& answer) {
    std::map<std::string, Place> places;
    for (const json::value& landmark : items(answer, "/Landmarks")) {
        const auto [place, is_new] = places.try_emplace(std::string(landmark.at("Type").as_string()));
        EXPECT_TRUE(is_new) << place->first;
        place->second = {landmark.at("X").to_number<double>(), landmark.at("Y").to_number<double>()};
    }
    return places;
}

media::Image darkened(media::Image image, int divisor) {
    for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(value / divisor);
    return image;
}

media::Image mirrored(const media::Image& image) {
    media::Image other = image;
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
            std::copy_n(image.at(image.width - 1 - x, y), 3,
                        other.pixels.begin() + (std::ptrdiff_t{y} * image.width + x) * 3);
    return other;
}

TEST_F(DetectAttributes, AnswersAsRekognitionDoes) {
    const Answer answer = describe(photo_of(Person::kBen));
    ASSERT_EQ(answer.status, 200U) << answer;
    // Nothing about age, gender, emotion, smile, beard or glasses: those are not inferred.
    EXPECT_EQ(answer.members(),
              (std::vector<std::string>{"BoundingBox", "Landmarks", "Pose", "Quality", "EyesOpen", "MouthOpen",
                                        "FaceOccluded", "Confidence", "FaceCount", "QualityGate", "Measurements"}));
    EXPECT_EQ(answer.members("/BoundingBox"), (std::vector<std::string>{"Width", "Height", "Left", "Top"}));
    EXPECT_EQ(answer.members("/Pose"), (std::vector<std::string>{"Roll", "Yaw", "Pitch"}));
    EXPECT_EQ(answer.members("/Quality"), (std::vector<std::string>{"Brightness", "Sharpness"}));
    for (const char* attribute : {"/EyesOpen", "/MouthOpen", "/FaceOccluded"})
        EXPECT_EQ(answer.members(attribute), (std::vector<std::string>{"Value", "Confidence"}));
    EXPECT_EQ(answer.members("/Landmarks/0"), (std::vector<std::string>{"Type", "X", "Y"}));

    EXPECT_EQ(answer.at("/EyesOpen/Value"), true);
    EXPECT_GT(answer.number_at("/EyesOpen/Confidence"), 95);
    EXPECT_EQ(answer.at("/MouthOpen/Value"), false);
    EXPECT_GT(answer.number_at("/MouthOpen/Confidence"), 95);
    EXPECT_EQ(answer.at("/FaceOccluded/Value"), false);
    EXPECT_LT(answer.number_at("/FaceOccluded/Confidence"), 64) << "sunglasses and hands may be there unnoticed";
    EXPECT_GT(answer.number_at("/Confidence"), 99);
    EXPECT_NEAR(answer.number_at("/Quality/Brightness"), 60, 5);
    EXPECT_NEAR(answer.number_at("/Quality/Sharpness"), 91, 3);
    EXPECT_EQ(answer.number_at("/FaceCount"), 1);
    EXPECT_EQ(answer.at("/QualityGate"), (json::object{{"Passed", true}, {"Reasons", json::array{}}}));
    EXPECT_NEAR(answer.number_at("/BoundingBox/Width"), 0.5, 0.05);
    EXPECT_NEAR(answer.number_at("/BoundingBox/Left"), 0.25, 0.05);
    EXPECT_EQ(rows_in("faces", client_.scope), 0);
}

TEST_F(DetectAttributes, LandmarksAreRekognitionsThirtyWithTheImagesLeft) {
    const std::map<std::string, Place> at = landmarks_of(describe(photo_of(Person::kBen)));
    std::vector<std::string> names;
    for (const auto& [name, place] : at) {
        names.push_back(name);
        EXPECT_GT(place.x, 0.2) << name;
        EXPECT_LT(place.x, 0.8) << name;
        EXPECT_GT(place.y, 0.2) << name;
        EXPECT_LT(place.y, 0.85) << name;
    }
    EXPECT_THAT(names,
                ::testing::UnorderedElementsAre(
                    "eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight", "leftEyeBrowLeft", "leftEyeBrowRight",
                    "leftEyeBrowUp", "rightEyeBrowLeft", "rightEyeBrowRight", "rightEyeBrowUp", "leftEyeLeft",
                    "leftEyeRight", "leftEyeUp", "leftEyeDown", "rightEyeLeft", "rightEyeRight", "rightEyeUp",
                    "rightEyeDown", "noseLeft", "noseRight", "mouthUp", "mouthDown", "leftPupil", "rightPupil",
                    "upperJawlineLeft", "midJawlineLeft", "chinBottom", "midJawlineRight", "upperJawlineRight"));
    const auto from_left = [&](const std::vector<std::string>& order) {
        for (std::size_t i = 1; i < order.size(); ++i)
            EXPECT_LT(at.at(order[i - 1]).x, at.at(order[i]).x) << order[i - 1] << ", " << order[i];
    };
    const auto from_top = [&](const std::vector<std::string>& order) {
        for (std::size_t i = 1; i < order.size(); ++i)
            EXPECT_LT(at.at(order[i - 1]).y, at.at(order[i]).y) << order[i - 1] << ", " << order[i];
    };
    from_left({"upperJawlineLeft", "leftEyeLeft", "eyeLeft", "leftEyeRight", "rightEyeLeft", "eyeRight",
               "rightEyeRight", "upperJawlineRight"});
    from_left({"leftEyeLeft", "leftPupil", "leftEyeRight"});
    from_left({"rightEyeLeft", "rightPupil", "rightEyeRight"});
    from_left({"leftEyeBrowLeft", "leftEyeBrowUp", "leftEyeBrowRight", "rightEyeBrowLeft", "rightEyeBrowUp",
               "rightEyeBrowRight"});
    from_left({"midJawlineLeft", "mouthLeft", "noseLeft", "nose", "noseRight", "mouthRight", "midJawlineRight"});
    from_top({"leftEyeBrowUp", "leftEyeUp", "leftPupil", "leftEyeDown", "nose", "mouthUp", "mouthDown", "chinBottom"});
    from_top({"rightEyeBrowUp", "rightEyeUp", "rightPupil", "rightEyeDown", "noseRight", "midJawlineRight"});
    from_top({"upperJawlineLeft", "mouthLeft", "chinBottom"});
}

TEST_F(DetectAttributes, PoseHasRekognitionsSigns) {
    const media::Image& cleo = picture_of(Person::kCleo);
    const Answer upright = describe(encode_png(cleo));
    const Answer reflected = describe(encode_png(mirrored(cleo)));
    const std::map<std::string, Place> at = landmarks_of(upright);
    const double eyes = (at.at("eyeLeft").x + at.at("eyeRight").x) / 2;
    EXPECT_LT(at.at("nose").x, eyes) << "she looks to the image's left";
    EXPECT_LT(upright.number_at("/Pose/Yaw"), -10);
    EXPECT_GT(reflected.number_at("/Pose/Yaw"), 10);
    EXPECT_LT(upright.number_at("/Pose/Pitch"), -5) << "and down";
    EXPECT_NEAR(reflected.number_at("/Pose/Roll"), -upright.number_at("/Pose/Roll"), 4);
    const double down = (at.at("eyeRight").y - at.at("eyeLeft").y) * cleo.height;
    const double right = (at.at("eyeRight").x - at.at("eyeLeft").x) * cleo.width;
    EXPECT_NEAR(upright.number_at("/Pose/Roll"), std::atan2(down, right) * 180 / std::numbers::pi, 3);
}

TEST_F(DetectAttributes, TakesWhatOtherRoutesTake) {
    const media::Image& ben = picture_of(Person::kBen);
    const Answer plain = describe(encode_jpeg(ben));
    JpegOptions sideways;
    sideways.orientation = 6;
    const Answer exif = describe(encode_jpeg(turned_left(ben), sideways));
    ASSERT_EQ(exif.status, 200U) << exif;
    for (const char* member : {"/BoundingBox/Left", "/BoundingBox/Top", "/Landmarks/0/X", "/Landmarks/0/Y"})
        EXPECT_NEAR(exif.number_at(member), plain.number_at(member), 0.01) << member;
    EXPECT_NEAR(exif.number_at("/Pose/Roll"), plain.number_at("/Pose/Roll"), 2);

    const Answer url =
        post("/v1/detect-attributes", json::object{{"image", "data:image/png;base64," + base64(encode_png(ben))}});
    EXPECT_EQ(url.status, 200U) << url;
    EXPECT_EQ(url.number_at("/FaceCount"), 1);
}

TEST_F(DetectAttributes, WithoutAFaceItSaysSoInTheContractsWords) {
    const Answer answer = describe(encode_png(media::testing::test_card(320, 240)));
    EXPECT_TRUE(is_error(answer, 400, "No face detected in image"));
    EXPECT_TRUE(is_error(post("/v1/detect-attributes", json::object{}), 400, "Validation failed"));
}

TEST_F(DetectAttributes, OfAGroupTheLargestFaceIsDescribed) {
    const Answer answer = describe(group_photo());
    ASSERT_EQ(answer.status, 200U) << answer;
    EXPECT_EQ(answer.number_at("/FaceCount"), 4);
    EXPECT_EQ(answer.at("/QualityGate/Passed"), false);
    EXPECT_EQ(answer.text_at("/QualityGate/Reasons/0/Code"), "MULTIPLE_FACES");
    EXPECT_EQ(answer.number_at("/QualityGate/Reasons/0/Value"), 4);
    EXPECT_EQ(answer.number_at("/QualityGate/Reasons/0/Limit"), 1);
}

TEST_F(DetectAttributes, TheGateSaysWhatEnrollmentSays) {
    const media::Image& ben = picture_of(Person::kBen);
    struct Case {
        const char* name;
        media::Image image;
        std::set<std::string> at_least;
    };
    const std::vector<Case> cases = {
        {"blurred", blurred(ben, 8), {"BLURRED"}},
        {"small", shrunk(ben, 4), {"FACE_TOO_SMALL"}},
        {"dark", darkened(ben, 8), {"TOO_DARK"}},
        {"asleep", picture_with_closed_eyes(), {"EYES_CLOSED"}},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        const Bytes photo = encode_png(one.image);
        const Answer described = describe(photo);
        ASSERT_EQ(described.status, 200U) << described;
        EXPECT_EQ(described.at("/QualityGate/Passed"), false);
        const std::set<std::string> codes = gate_codes(described);
        EXPECT_THAT(codes, ::testing::IsSupersetOf(one.at_least));

        const Answer refused = post("/v1/enroll", photo_enrollment(client_, photo));
        EXPECT_TRUE(is_error(refused, 422, "LOW_FACE_QUALITY"));
        std::set<std::string> refused_codes;
        for (const json::value& code : items(refused, "/details/codes")) refused_codes.emplace(code.as_string());
        EXPECT_EQ(refused_codes, codes);
        EXPECT_EQ(items(refused, "/details/reasons").size(), refused_codes.size());
        for (const json::value& reason : items(described, "/QualityGate/Reasons"))
            EXPECT_THAT(refused.text, ::testing::HasSubstr(std::string(reason.at("Message").as_string())));
    }
    const Answer asleep = describe(encode_png(cases.back().image));
    EXPECT_EQ(asleep.at("/EyesOpen/Value"), false);
    EXPECT_GT(asleep.number_at("/EyesOpen/Confidence"), 95);
    EXPECT_LT(asleep.number_at("/QualityGate/Reasons/0/Value"), asleep.number_at("/QualityGate/Reasons/0/Limit"));
    EXPECT_LT(describe(encode_png(cases[2].image)).number_at("/Quality/Brightness"), 10);
    EXPECT_LT(describe(encode_png(cases[0].image)).number_at("/Quality/Sharpness"), 50);
}

TEST_F(DetectAttributes, IsRefusedWhenTooManyFacesAreAnalysed) {
    runtime::Limiter no_place(0, 0);
    const provider::PhotoAnalysis busy(services().engines, no_place);
    const auto refused = busy.inspect(photo_of(Person::kBen));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
    const auto photo = busy.face_to_enroll(photo_of(Person::kBen));
    ASSERT_FALSE(photo);
    EXPECT_EQ(photo.error().code, ErrorCode::kOverloaded);
}

}  // namespace
}  // namespace facegate::testing
