#include "domain/consents/consent_texts.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace facegate::domain {

namespace {

// A published text never changes, not by a space: people have agreed to its hash. A new wording is a new version.
constexpr std::string_view kV1English =
    R"(Consent to the use of your face for signing in

1. What is collected. While you look into the camera, your face is measured and turned into a mathematical template: a list of numbers. The template is stored. No photo and no video of you is stored.

2. What it is used for. The template is used for one purpose: to recognise you when you sign in to this service, and to keep anyone else from signing in as you.

3. How it is kept. The template is stored encrypted, under a key of your own. It is deleted when you are deleted as a user, and at the latest three years after it was last used.

4. Who gets it. Your template is not sold, leased or traded, and nobody earns money from it. It is given to nobody else unless a law requires it.

5. Your choice. You may refuse, and you may withdraw this consent at any time, without giving a reason. Ask the operator of this service to delete your data: your template is then destroyed at once and cannot be restored.

By agreeing, you allow the operator of this service to collect, store and use the template of your face as described here.
)";

constexpr std::string_view kV1German =
    R"(Einwilligung in die Nutzung Ihres Gesichts zur Anmeldung

1. Was erfasst wird. Während Sie in die Kamera blicken, wird Ihr Gesicht vermessen und in eine mathematische Vorlage umgewandelt: eine Liste von Zahlen. Diese Vorlage wird gespeichert. Weder ein Foto noch ein Video von Ihnen wird gespeichert.

2. Wozu sie dient. Die Vorlage dient einem einzigen Zweck: Sie bei der Anmeldung an diesem Dienst zu erkennen und zu verhindern, dass sich jemand anderes als Sie anmeldet.

3. Wie sie aufbewahrt wird. Die Vorlage wird verschlüsselt gespeichert, mit einem Schlüssel, der nur für Sie gilt. Sie wird gelöscht, wenn Sie als Nutzer gelöscht werden, spätestens aber drei Jahre nach ihrer letzten Verwendung.

4. Wer sie erhält. Ihre Vorlage wird nicht verkauft, vermietet oder getauscht, und niemand verdient Geld mit ihr. Sie wird an niemanden weitergegeben, außer ein Gesetz verlangt es.

5. Ihre Wahl. Sie dürfen ablehnen, und Sie dürfen diese Einwilligung jederzeit ohne Angabe von Gründen widerrufen. Bitten Sie den Betreiber dieses Dienstes, Ihre Daten zu löschen: Ihre Vorlage wird dann sofort vernichtet und lässt sich nicht wiederherstellen.

Mit Ihrer Zustimmung erlauben Sie dem Betreiber dieses Dienstes, die Vorlage Ihres Gesichts wie hier beschrieben zu erfassen, zu speichern und zu nutzen.
)";

ConsentText hashed(std::string version, std::string language, std::string_view text) {
    return {std::move(version), std::move(language), std::string(text), to_hex(crypto::sha256(as_bytes(text)))};
}

bool equal_hex(std::string_view a, std::string_view b) {
    const auto bytes_a = from_hex(a);
    return bytes_a && bytes_a == from_hex(b);
}

}  // namespace

std::span<const ConsentText> consent_texts() {
    static const std::vector<ConsentText> texts = {
        hashed("v1", "en", kV1English),
        hashed("v1", "de", kV1German),
    };
    return texts;
}

const ConsentText* find_consent_text(std::string_view version, std::string_view sha256) {
    const auto texts = consent_texts();
    const auto found = std::ranges::find_if(texts, [&](const ConsentText& text) {
        return text.version == version && sha256.size() == text.sha256.size() && equal_hex(text.sha256, sha256);
    });
    return found == texts.end() ? nullptr : &*found;
}

}  // namespace facegate::domain
