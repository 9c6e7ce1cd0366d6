#include "synthesis/take.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/random.h"
#include "synthesis/stage.h"

namespace facegate::synthesis {
namespace {

using liveness::Challenge;
using liveness::ChallengeType;

constexpr std::int64_t kFirstStart = 1'700'000'000'000;
constexpr double kChunkMs = 1000;
constexpr float kMaskBeforeEyesCm = 3.5F;

double between(Generator& random, double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random);
}

/// The challenge's own source of chance, seeded.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : generator_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(generator_());
    }

private:
    Generator generator_;
};

Challenge challenge_of(std::uint64_t seed, const TakeOptions& options) {
    SeededRandom random(seed);
    return liveness::make_challenge(random, options.width, options.height, options.type).value();
}

/// What a screen that plays `challenge` from those times on shines at `time_ms`, full colours being 1: each colour
/// scrolls down over the one before.
Radiance shown_at(const Challenge& challenge, const std::vector<double>& starts, double time_ms) {
    Radiance light{};
    if (starts.empty() || time_ms < starts.front()) return light;
    std::size_t i = starts.size() - 1;
    while (i > 0 && starts[i] > time_ms) --i;
    const liveness::ColorStep& step = challenge.colors[i];
    if (time_ms > starts.back() + challenge.colors.back().downscroll_ms) return light;
    const double share = step.downscroll_ms > 0 ? std::clamp((time_ms - starts[i]) / step.downscroll_ms, 0.0, 1.0) : 1;
    for (std::size_t c = 0; c < 3; ++c) {
        const double before = i > 0 ? challenge.colors[i - 1].rgb[c] / 255.0 : 0;
        light[c] = static_cast<float>(before * (1 - share) + step.rgb[c] / 255.0 * share);
    }
    return light;
}

std::shared_ptr<const std::vector<media::Image>> textures_of(const Surface& surface) {
    return std::make_shared<const std::vector<media::Image>>(halves_of(surface.texture));
}

/// Puts one take on the stage and records it.
class Director {
public:
    Director(std::span<const Subject> subjects, std::size_t who, const TakeOptions& options)
        : subjects_(subjects),
          who_(who),
          options_(options),
          random_(options.seed * 1'000'003 + static_cast<std::uint64_t>(options.species) * 7919 + who),
          asked_(options.challenge ? *options.challenge : challenge_of(options.seed * 2 + 1, options)),
          answered_(answers_another() ? challenge_of(options.seed * 2 + 2, options) : asked_),
          lens_{options.width, options.height, focal_length()},
          timeline_(plan_timeline(random_, answered_)),
          approach_(make_approach()),
          blinks_(random_, has_blinks() ? between(random_, 0.15, 0.45) : 0, timeline_.end),
          stage_(random_, lens_, timeline_.end) {
        light_ = options.light > 0 ? options.light : 0.06 * std::pow(0.4 / 0.06, between(random_, 0, 1));
        lag_ms_ = options.lag_ms > 0 ? options.lag_ms : between(random_, 60, 350);
        if (is(Species::kShiftedTime)) lag_ms_ += shift_ms_ = between(random_, 1500, 3000);
        // A replay answers other colours at the times that are asked for.
        if (answered_.colors.size() == asked_.colors.size() && !is(Species::kOtherSession))
            answered_.oval = asked_.oval;
        cast();
    }

    Take record() {
        Take take;
        take.species = options_.species;
        take.face = subjects_[who_].name;
        take.seed = options_.seed;
        take.challenge = asked_;
        film(take.clip);
        take.clip.claims = claims();
        return take;
    }

private:
    [[nodiscard]] bool is(Species species) const { return options_.species == species; }
    [[nodiscard]] bool answers_another() const {
        return is(Species::kReplayOtherOrder) || is(Species::kReencoded) || is(Species::kOtherSession);
    }
    [[nodiscard]] bool is_paper() const {
        return is(Species::kPrint) || is(Species::kBentPrint) || is(Species::kScreenStill);
    }
    [[nodiscard]] bool is_zoom() const { return is(Species::kPhotoZoom) || is(Species::kFrameZoom); }
    [[nodiscard]] bool has_blinks() const {
        return !is_paper() && !is_zoom() && !is(Species::kMask) && !is(Species::kFrozen);
    }

    double focal_length() {
        const double view = between(random_, 56, 80) * std::numbers::pi / 180;
        return std::max(options_.width, options_.height) / 2.0 / std::tan(view / 2);
    }

    Approach make_approach() {
        Restlessness restlessness;
        if (is_paper()) restlessness = {2.2, 0.4, 250};
        double fit = between(random_, 0.92, 1.03);
        double growth = between(random_, 1.7, 2.5);
        if (is(Species::kForgedClaims)) fit /= std::exchange(growth, 1.0);
        liveness::Oval oval = is(Species::kOtherSession) ? answered_.oval : asked_.oval;
        return {random_, lens_, oval, timeline_, restlessness, fit, growth};
    }

    /// Where the face is: `at` without what the species leaves out of it.
    [[nodiscard]] Placement placement(double time_ms) const {
        double time = time_ms;
        if (time > timeline_.matched && is(Species::kFrozen)) time = timeline_.matched;
        if (time > timeline_.matched && is(Species::kLooped)) {
            time = timeline_.matched + std::fmod(time - timeline_.matched, loop_ms_);
        }
        Placement where = approach_.at(time);
        if (is_zoom()) where.yaw = where.pitch = 0;
        where.lids = blinks_.at(time);
        return where;
    }

    std::shared_ptr<const Surface> head_of(std::size_t subject) {
        const Variation variation = vary(random_);
        const Subject& person = subjects_[subject];
        auto head = std::make_shared<Surface>(
            model_head(toned(person.photo, variation), person.mesh, variation.eye_distance_cm));
        reshape(*head, variation);
        return head;
    }

    void add(std::shared_ptr<const Surface> surface, std::function<Placement(double)> placement,
             std::function<bool(double)> visible = {}) {
        auto textures = textures_of(*surface);
        stage_.actors.push_back({std::move(surface), std::move(textures), std::move(placement), std::move(visible)});
    }

    [[nodiscard]] std::size_t another() const { return (who_ + 1) % subjects_.size(); }

    void cast() {
        const auto place = [this](double time) { return placement(time); };
        const Subject& person = subjects_[who_];
        if (is_paper() || is_zoom()) {
            const Variation variation = vary(random_);
            const media::Image photo = toned(person.photo, variation);
            Bend bend;
            if (is(Species::kBentPrint)) bend = {between(random_, 7, 20), between(random_, 0, 1) < 0.7};
            auto sheet = std::make_shared<Surface>(
                model_picture(photo, person.mesh, variation.eye_distance_cm, between(random_, 0.15, 0.5), bend));
            sheet->emits_light = is(Species::kScreenStill);
            stage_.tint_all = is(Species::kFrameZoom);
            add(std::move(sheet), place);
            return;
        }
        add(model_torso(random_), [this](double time) {
            Placement where = placement(time);
            where.yaw = where.pitch = where.roll = 0;
            return where;
        });
        if (is(Species::kMask) || is(Species::kMaskWithEyes)) {
            const Variation variation = vary(random_);
            add(head_of(another()), place);
            auto mask = std::make_shared<Surface>(
                model_mask(toned(person.photo, variation), person.mesh, variation.eye_distance_cm * 1.05,
                           is(Species::kMaskWithEyes), {between(random_, 8, 14), true}));
            for (Vertex& vertex : mask->vertices) vertex.position.z -= kMaskBeforeEyesCm;
            add(std::move(mask), place);
            return;
        }
        if (is(Species::kSwap)) {
            const double middle = timeline_.end / 2;
            add(head_of(who_), place, [middle](double time) { return time < middle; });
            add(head_of(another()), place, [middle](double time) { return time >= middle; });
            return;
        }
        add(head_of(who_), place);
        if (is(Species::kTwoFaces)) {
            const double side = between(random_, 0, 1) < 0.5 ? -1 : 1;
            const auto beside = static_cast<float>(side * between(random_, 17, 21));
            add(head_of(another()), [this, beside](double time) {
                Placement where = approach_.at(0);
                const Placement now = approach_.at(time);
                where.origin.x += beside;
                where.origin.y += now.yaw * 0.1F;
                where.origin.z += 6;
                return where;
            });
        }
    }

    [[nodiscard]] Radiance screen_at(double time_ms) const {
        Radiance light{};
        if (is(Species::kReplayUnlit)) return light;
        light = shown_at(answered_, timeline_.color_starts, time_ms - lag_ms_);
        for (float& channel : light) channel *= static_cast<float>(light_);
        return light;
    }

    [[nodiscard]] media::VideoFormat format() {
        media::VideoFormat format{
            options_.codec,
            options_.container,
            options_.width,
            options_.height,
            static_cast<int>(between(random_, 1.2e6, 2.5e6) * options_.width * options_.height / (640 * 480)),
            3000};
        if (is(Species::kReencoded)) {
            format.codec = media::VideoCodec::kVp9;
            format.bits_per_second /= 2;
        }
        return format;
    }

    void film(liveness::Clip& clip) {
        media::VideoWriter writer(format());
        const double rate = options_.frames_per_second > 0 ? options_.frames_per_second : between(random_, 20, 30);
        const double stretch = is(Species::kStretchedTime) ? (options_.seed % 2 == 0 ? 0.7 : 1.4) : 1;
        const double latency = between(random_, 60, 200);
        double cut_at = kChunkMs;
        for (double time = 0; time < timeline_.end; time += 1000 / rate * between(random_, 0.9, 1.1)) {
            if (time >= cut_at) {
                add_chunk(clip, writer.take(), cut_at + latency + between(random_, 0, 60));
                cut_at += kChunkMs;
            }
            writer.add(stage_.shoot(time, screen_at(time)), std::lround(time * stretch));
        }
        add_chunk(clip, writer.finish(), timeline_.end + latency + between(random_, 0, 60));
        if (is(Species::kLateRender)) {
            const auto late = Milliseconds(std::lround(between(random_, 5500, 12000)));
            for (liveness::ChunkArrival& chunk : clip.chunks) chunk.arrived += late;
        }
    }

    void add_chunk(liveness::Clip& clip, const Bytes& bytes, double time_ms) {
        if (bytes.empty()) return;
        clip.video.insert(clip.video.end(), bytes.begin(), bytes.end());
        clip.chunks.push_back({Milliseconds(std::lround(opened_before_ms_ + time_ms)), bytes.size()});
    }

    liveness::ClientClaims claims() {
        const Challenge& said = is(Species::kOtherSession) ? answered_ : asked_;
        const TimeMs start = from_unix_ms(kFirstStart + static_cast<std::int64_t>(options_.seed) * 60'000);
        const auto at = [&](double time) { return start + Milliseconds(std::lround(time)); };
        const double width = said.video_width;
        const double height = said.video_height;
        liveness::ClientClaims claims;
        claims.challenge_id = "take";
        claims.video_start = start;
        claims.video_end = at(timeline_.end);
        const std::array<double, 4> head = approach_.head_at(0);
        claims.initial_face = {head[0] / width, head[1] / height, head[2] / width, head[3] / height};
        claims.initial_face_detected = start;
        const liveness::Oval& oval = said.oval;
        claims.target_face = {{(oval.center_x - oval.width / 2.0) / width, (oval.center_y - oval.height / 2.0) / height,
                               oval.width / width, oval.height / height},
                              at(timeline_.matched),
                              at(timeline_.end)};
        for (std::size_t i = 0; i < timeline_.color_starts.size(); ++i) {
            const double time = timeline_.color_starts[i];
            claims.colors.push_back({static_cast<int>(i), said.colors[i].rgb, said.colors[i == 0 ? 0 : i - 1].rgb,
                                     at(time + shift_ms_),
                                     Milliseconds(std::lround(opened_before_ms_ + time + between(random_, 20, 120)))});
        }
        if (shift_ms_ > 0) claims.video_end = std::max(*claims.video_end, claims.colors.back().start);
        return claims;
    }

    std::span<const Subject> subjects_;
    std::size_t who_;
    TakeOptions options_;
    Generator random_;
    Challenge asked_;
    Challenge answered_;
    Lens lens_;
    Timeline timeline_;
    Approach approach_;
    Blinks blinks_;
    Stage stage_;
    double light_ = 0;
    double lag_ms_ = 0;
    double shift_ms_ = 0;
    double loop_ms_ = between(random_, 800, 1500);
    double opened_before_ms_ = between(random_, 600, 4000);
};

}  // namespace

Take record(std::span<const Subject> subjects, std::size_t who, const TakeOptions& options) {
    return Director(subjects, who, options).record();
}

}  // namespace facegate::synthesis
