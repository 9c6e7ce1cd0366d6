#pragma once

#include <optional>
#include <string_view>

namespace facegate::synthesis {

/// What stands before the camera, or before the server. Presentation attacks in the sense of ISO/IEC 30107-3, and
/// attacks on the stream itself.
enum class Species {
    kGenuine,
    kPrint,             ///< a flat print, moved by hand
    kBentPrint,         ///< the same, bent about an upright or a level axis
    kScreenStill,       ///< a photo shining on a screen
    kMask,              ///< a face cut out of a print, worn bent around a head
    kMaskWithEyes,      ///< the same with holes for the eyes of the wearer, who blinks
    kPhotoZoom,         ///< a photo enlarged in two dimensions, the face tinted with the right colours
    kFrameZoom,         ///< the same, all of the frame tinted
    kReplayOtherOrder,  ///< a genuine recording that answers another order of colours
    kReplayUnlit,       ///< a genuine recording that answers no colours
    kReencoded,         ///< kReplayOtherOrder, recorded anew by another encoder
    kTwoFaces,
    kSwap,            ///< another person from the middle on
    kFrozen,          ///< a genuine approach, then one still face, lit rightly
    kLooped,          ///< a genuine approach, then a second of movement over and over, lit rightly
    kLateRender,      ///< rendered for the challenge, but only after it was known: everything arrives late
    kShiftedTime,     ///< light that lags by seconds, and times moved to hide it
    kStretchedTime,   ///< presentation times that are not those of the recording
    kForgedClaims,    ///< a face that never comes near, said to be in the oval
    kOtherSession,    ///< a genuine stream of another session as it is
    kInjectedRender,  ///< a head rendered live for this very challenge: what no check of a video alone can tell
};

inline constexpr int kSpeciesCount = static_cast<int>(Species::kInjectedRender) + 1;

/// "genuine", "print", "bent_print", ...
std::string_view name_of(Species species);
/// Nothing for a name that is none.
std::optional<Species> species_named(std::string_view name);
/// One line for a report.
std::string_view description_of(Species species);
/// Whether the species answers or fakes colours, so that there is none of it in the movement challenge.
bool needs_colors(Species species);

}  // namespace facegate::synthesis
