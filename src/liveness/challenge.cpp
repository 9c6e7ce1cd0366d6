#include "liveness/challenge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "liveness/color_code.h"

namespace facegate::liveness {
namespace {

constexpr double kReferenceHeight = 465.0 / 480.0;  // of the smaller side
constexpr double kHeightPerWidth = 1.618;
constexpr double kSmallestScale = 0.85;
constexpr double kMaxOffset = 0.08;  // of the frame, each way
constexpr int kBlackMs = 75;
constexpr int kDownscrollMs = 475;

/// A centre along one axis: at most kMaxOffset from the middle, and the whole extent inside.
int draw_center(Random& random, int frame, int extent) {
    const double middle = frame / 2.0;
    const double room = std::min(kMaxOffset * frame, (frame - extent) / 2.0 - 1);
    if (room <= 0) return frame / 2;
    return static_cast<int>(std::lround(random.uniform(middle - room, middle + room)));
}

Oval draw_oval(Random& random, int frame_width, int frame_height) {
    const double reference = kReferenceHeight * std::min(frame_width, frame_height);
    Oval oval;
    oval.height = static_cast<int>(reference * random.uniform(kSmallestScale, 1.0));
    oval.width = static_cast<int>(std::lround(oval.height / kHeightPerWidth));
    oval.center_x = draw_center(random, frame_width, oval.width);
    oval.center_y = draw_center(random, frame_height, oval.height);
    return oval;
}

std::vector<ColorStep> draw_colors(Random& random) {
    std::vector<ColorStep> steps;
    steps.reserve(kShownColors + 1);
    steps.push_back({{0, 0, 0}, 0, kBlackMs});
    const auto count = static_cast<std::uint32_t>(color_order_count());
    for (const Rgb& rgb : color_order(random.below(count))) steps.push_back({rgb, kDownscrollMs, 0});
    return steps;
}

std::string oval_json(const Oval& oval) {
    return fmt::format(R"({{"Width":{},"Height":{},"CenterX":{},"CenterY":{}}})", oval.width, oval.height,
                       oval.center_x, oval.center_y);
}

std::string color_json(const ColorStep& step) {
    return fmt::format(R"({{"FreshnessColor":{{"RGB":[{},{},{}]}},"DownscrollDuration":{},"FlatDisplayDuration":{}}})",
                       step.rgb[0], step.rgb[1], step.rgb[2], step.downscroll_ms, step.flat_ms);
}

// How the widget looks for a face and matches it to the oval. It hangs or fails when a member is missing.
constexpr std::string_view kChallengeConfig =
    R"({"BlazeFaceDetectionThreshold":0.75,"FaceDistanceThresholdMin":0.4,"FaceDistanceThreshold":0.4,)"
    R"("FaceDistanceThresholdMax":0,"OvalIouThreshold":0.7,"OvalHeightWidthRatio":1.618,"OvalIouWidthThreshold":0.25,)"
    R"("OvalIouHeightThreshold":0.25,"FaceIouWidthThreshold":0.15,"FaceIouHeightThreshold":0.15,"OvalFitTimeout":15000})";

}  // namespace

const char* wire_name(ChallengeType type) {
    return type == ChallengeType::kMovementAndLight ? "FaceMovementAndLightChallenge" : "FaceMovementChallenge";
}

Result<Challenge> make_challenge(Random& random, int video_width, int video_height, ChallengeType type) {
    const auto [shorter, longer] = std::minmax(video_width, video_height);
    if (shorter < kMinVideoSide || longer > kMaxVideoSide)
        return fail(ErrorCode::kValidationFailed, "unsupported video size");
    Challenge challenge;
    challenge.type = type;
    challenge.video_width = video_width;
    challenge.video_height = video_height;
    challenge.oval = draw_oval(random, video_width, video_height);
    if (type == ChallengeType::kMovementAndLight) challenge.colors = draw_colors(random);
    return challenge;
}

std::string server_session_information(const Challenge& challenge) {
    std::string light;
    std::string colors;
    if (challenge.type == ChallengeType::kMovementAndLight) {
        light = R"("LightChallengeType":"SEQUENTIAL",)";
        for (const ColorStep& step : challenge.colors) colors += (colors.empty() ? "" : ",") + color_json(step);
        colors = fmt::format(R"(,"ColorSequences":[{}])", colors);
    }
    return fmt::format(
        R"({{"SessionInformation":{{"Challenge":{{"{}":{{"OvalParameters":{},{}"ChallengeConfig":{}{}}}}}}}}})",
        wire_name(challenge.type), oval_json(challenge.oval), light, kChallengeConfig, colors);
}

}  // namespace facegate::liveness
