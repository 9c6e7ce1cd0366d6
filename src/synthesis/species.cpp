#include "synthesis/species.h"

#include <iterator>

namespace facegate::synthesis {
namespace {

struct Entry {
    std::string_view name;
    std::string_view description;
    bool needs_colors;
};

// In the order of Species.
constexpr Entry kEntries[] = {
    {"genuine", "a person who moves into the oval and is lit by the screen", false},
    {"print", "a flat print, moved by hand", false},
    {"bent_print", "a print bent around an upright or level axis, moved by hand", false},
    {"screen_still", "a photo on a screen, moved by hand", false},
    {"mask", "a face cut out of a print, worn bent around a head", false},
    {"mask_with_eyes", "the same with holes for the wearer's eyes, who blinks", false},
    {"photo_zoom", "a photo enlarged in two dimensions before a still room, the face tinted rightly", false},
    {"frame_zoom", "a photo enlarged in two dimensions, all of the frame tinted rightly", false},
    {"replay_other_order", "a genuine recording that answers another order of colours", true},
    {"replay_unlit", "a genuine recording that answers no colours", true},
    {"reencoded", "a genuine recording of another order, recorded anew by another encoder", true},
    {"two_faces", "a second face in the picture", false},
    {"swap", "another person from the middle on", false},
    {"frozen", "a genuine approach, then a still face, lit rightly", true},
    {"looped", "a genuine approach, then the same second over and over, lit rightly", true},
    {"late_render", "rendered once the challenge was known: the video arrives late", true},
    {"shifted_time", "light that lags by seconds, the client's times moved to hide it", true},
    {"stretched_time", "presentation times that are not those of the recording", false},
    {"forged_claims", "a face that never comes near, said to stand in the oval", false},
    {"other_session", "the stream of another session as it is", false},
    {"injected_render", "a head rendered live for this very challenge", false},
};
static_assert(std::size(kEntries) == kSpeciesCount);

const Entry& entry(Species species) {
    return kEntries[static_cast<std::size_t>(species)];
}

}  // namespace

std::string_view name_of(Species species) {
    return entry(species).name;
}
std::string_view description_of(Species species) {
    return entry(species).description;
}
bool needs_colors(Species species) {
    return entry(species).needs_colors;
}

std::optional<Species> species_named(std::string_view name) {
    for (int i = 0; i < kSpeciesCount; ++i) {
        if (kEntries[i].name == name) return static_cast<Species>(i);
    }
    return std::nullopt;
}

}  // namespace facegate::synthesis
