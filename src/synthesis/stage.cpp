#include "synthesis/stage.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace facegate::synthesis {
namespace {

constexpr std::size_t kNoiseSize = 1U << 16;
constexpr double kTintedAtCm = 40;

float between(Generator& random, float from, float to) {
    return std::uniform_real_distribution<float>(from, to)(random);
}

/// A wall with a gradient and some rectangles: furniture, a window, a picture.
std::vector<float> decorate(Generator& random, const Lens& lens) {
    const auto width = static_cast<std::size_t>(lens.width);
    const auto height = static_cast<std::size_t>(lens.height);
    std::vector<float> wall(width * height * 3);
    Radiance left{};
    Radiance right{};
    const float grey = between(random, 0.15F, 0.6F);
    for (std::size_t c = 0; c < 3; ++c) {
        left[c] = grey * between(random, 0.85F, 1.15F);
        right[c] = left[c] * between(random, 0.6F, 1.2F);
    }
    for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) {
            const float share = static_cast<float>(x) / static_cast<float>(width);
            for (std::size_t c = 0; c < 3; ++c) wall[(y * width + x) * 3 + c] = left[c] + (right[c] - left[c]) * share;
        }
    }
    const int things = std::uniform_int_distribution<int>(2, 6)(random);
    for (int i = 0; i < things; ++i) {
        const auto from_x = static_cast<std::size_t>(between(random, 0, 0.85F) * static_cast<float>(width));
        const auto from_y = static_cast<std::size_t>(between(random, 0, 0.85F) * static_cast<float>(height));
        const auto to_x = std::min(
            width, from_x + static_cast<std::size_t>(between(random, 0.05F, 0.4F) * static_cast<float>(width)));
        const auto to_y = std::min(
            height, from_y + static_cast<std::size_t>(between(random, 0.05F, 0.5F) * static_cast<float>(height)));
        const Radiance colour{between(random, 0.03F, 0.7F), between(random, 0.03F, 0.7F), between(random, 0.03F, 0.7F)};
        for (std::size_t y = from_y; y < to_y; ++y) {
            for (std::size_t x = from_x; x < to_x; ++x) {
                for (std::size_t c = 0; c < 3; ++c) wall[(y * width + x) * 3 + c] = colour[c];
            }
        }
    }
    return wall;
}

std::array<std::uint8_t, 4096> display_table() {
    std::array<std::uint8_t, 4096> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        table[i] = static_cast<std::uint8_t>(std::lround(255 * std::pow(static_cast<double>(i) / 4095, 1 / 2.2)));
    }
    return table;
}

}  // namespace

Stage::Stage(Generator& random, Lens lens, double length_ms)
    : room{between(random, 0.5F, 0.95F), 0, 0},
      wall_cm(between(random, 120, 320)),
      canvas_(lens),
      wall_(decorate(random, lens)),
      sensor_{.exposure = between(random, 0.8F, 1.1F),
              .drift = between(random, 0.01F, 0.05F),
              .noise = between(random, 1.2F, 4),
              .balance = {between(random, 0.92F, 1.08F), 1, between(random, 0.9F, 1.1F)}},
      drift_(random, sensor_.drift, 900, length_ms),
      noise_source_(random()) {
    room[1] = room[0] * between(random, 0.95F, 1.02F);
    room[2] = room[0] * between(random, 0.8F, 1.05F);
    std::normal_distribution<float> noise(0, static_cast<float>(sensor_.noise));
    noise_.resize(kNoiseSize);
    for (float& value : noise_) value = noise(random);
    // A row may start at any of them and must not run out.
    const std::size_t row = static_cast<std::size_t>(lens.width) * 3;
    for (std::size_t i = 0; i < row; ++i) noise_.push_back(noise_[i]);
}

media::Image Stage::shoot(double time_ms, const Radiance& screen) {
    static const std::array<std::uint8_t, 4096> kDisplay = display_table();
    const Lighting lighting{room, screen};
    canvas_.paint_wall(wall_, tint_all ? kTintedAtCm : wall_cm, lighting);
    for (const Actor& actor : actors) {
        if (actor.visible && !actor.visible(time_ms)) continue;
        canvas_.draw(*actor.surface, *actor.textures, actor.placement(time_ms), lighting);
    }
    const std::vector<float>& radiance = canvas_.radiance();
    const float exposure = static_cast<float>(sensor_.exposure) * (1 + drift_.at(time_ms));
    media::Image image{canvas_.lens().width, canvas_.lens().height, std::vector<std::uint8_t>(radiance.size())};
    const std::size_t row = static_cast<std::size_t>(image.width) * 3;
    const float gain[3] = {exposure * sensor_.balance[0] * 4095, exposure * sensor_.balance[1] * 4095,
                           exposure * sensor_.balance[2] * 4095};
    for (std::size_t start = 0; start < radiance.size(); start += row) {
        const float* noise = noise_.data() + noise_source_() % kNoiseSize;
        const float* light = radiance.data() + start;
        std::uint8_t* out = image.pixels.data() + start;
        for (std::size_t i = 0; i < row; i += 3) {
            for (std::size_t c = 0; c < 3; ++c) {
                const auto level = static_cast<int>(std::clamp(light[i + c] * gain[c], 0.0F, 4095.0F));
                const float value = static_cast<float>(kDisplay[static_cast<std::size_t>(level)]) + noise[i + c];
                out[i + c] = static_cast<std::uint8_t>(static_cast<int>(std::clamp(value + 0.5F, 0.0F, 255.0F)));
            }
        }
    }
    return image;
}

std::shared_ptr<const Surface> model_torso(Generator& random) {
    auto torso = std::make_shared<Surface>();
    torso->texture = {2, 2, std::vector<std::uint8_t>(12)};
    for (std::size_t c = 0; c < 3; ++c) {
        const auto value = static_cast<std::uint8_t>(between(random, 20, 150));
        for (std::size_t i = c; i < 12; i += 3) torso->texture.pixels[i] = value;
    }
    constexpr float kOutline[][2] = {{-5, 13}, {5, 13}, {17, 19}, {22, 34}, {22, 60}, {-22, 60}, {-22, 34}, {-17, 19}};
    for (const auto& point : kOutline) torso->vertices.push_back({{point[0], point[1], 11}, {0.5F, 0.5F}, 1, {}});
    for (std::uint16_t i = 2; i < std::size(kOutline); ++i) {
        torso->triangles.push_back({0, static_cast<std::uint16_t>(i - 1), i});
    }
    return torso;
}

}  // namespace facegate::synthesis
