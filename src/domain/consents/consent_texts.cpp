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

constexpr std::string_view kV1French =
    R"(Consentement à l'utilisation de votre visage pour la connexion

1. Ce qui est recueilli. Pendant que vous regardez la caméra, votre visage est mesuré et transformé en un gabarit mathématique : une liste de nombres. Ce gabarit est conservé. Aucune photo ni aucune vidéo de vous n'est conservée.

2. À quoi il sert. Le gabarit sert à une seule fin : vous reconnaître lorsque vous vous connectez à ce service et empêcher toute autre personne de se connecter à votre place.

3. Comment il est conservé. Le gabarit est conservé chiffré, sous une clé qui vous est propre. Il est supprimé lorsque vous êtes supprimé en tant qu'utilisateur, et au plus tard trois ans après sa dernière utilisation.

4. Qui le reçoit. Votre gabarit n'est ni vendu, ni loué, ni échangé, et personne n'en tire d'argent. Il n'est remis à personne d'autre, sauf si une loi l'exige.

5. Votre choix. Vous pouvez refuser, et vous pouvez retirer ce consentement à tout moment, sans donner de raison. Demandez à l'exploitant de ce service de supprimer vos données : votre gabarit est alors détruit aussitôt et ne peut pas être restauré.

En acceptant, vous autorisez l'exploitant de ce service à recueillir, conserver et utiliser le gabarit de votre visage comme décrit ici.
)";

constexpr std::string_view kV1Spanish =
    R"(Consentimiento para el uso de su rostro al iniciar sesión

1. Qué se recoge. Mientras usted mira a la cámara, su rostro se mide y se convierte en una plantilla matemática: una lista de números. La plantilla se guarda. No se guarda ninguna foto ni ningún vídeo suyo.

2. Para qué se usa. La plantilla se usa con un único fin: reconocerle cuando inicia sesión en este servicio e impedir que otra persona lo haga en su lugar.

3. Cómo se conserva. La plantilla se guarda cifrada, con una clave propia de usted. Se elimina cuando se le elimina como usuario y, a más tardar, tres años después de su último uso.

4. Quién la recibe. Su plantilla no se vende, ni se alquila, ni se intercambia, y nadie obtiene dinero de ella. No se entrega a nadie más, salvo que una ley lo exija.

5. Su elección. Puede negarse, y puede retirar este consentimiento en cualquier momento, sin dar razones. Pida al operador de este servicio que elimine sus datos: su plantilla se destruye entonces de inmediato y no se puede restaurar.

Al aceptar, usted permite al operador de este servicio recoger, guardar y usar la plantilla de su rostro tal como se describe aquí.
)";

ConsentText hashed(std::string version, std::string language, std::string_view text) {
    return {std::move(version), std::move(language), std::string(text), to_hex(crypto::sha256(as_bytes(text)))};
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
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
        hashed("v1", "fr", kV1French),
        hashed("v1", "es", kV1Spanish),
    };
    return texts;
}

ConsentRegistry::ConsentRegistry() : texts_(consent_texts().begin(), consent_texts().end()) {}

Result<void> ConsentRegistry::add(std::string version, std::string language, std::string_view text) {
    if (!is_consent_version(version)) {
        return fail(ErrorCode::kValidationFailed, "A version has 1 to 64 letters, digits, '.', '_' or '-'");
    }
    if (!is_language_tag(language)) return fail(ErrorCode::kValidationFailed, "A language is written as in BCP 47");
    if (text.empty() || text.size() > kMaxConsentText) {
        return fail(ErrorCode::kValidationFailed, "A text has 1 byte to 64 KiB");
    }
    const auto same = [&](const ConsentText& known) { return known.version == version && known.language == language; };
    if (std::ranges::any_of(texts_, same)) {
        return fail(
            ErrorCode::kValidationFailed,
            "This version has a text in this language already, and a published text never changes: give the new "
            "wording a version of its own");
    }
    if (texts_.size() == kMostConsentTexts) return fail(ErrorCode::kValidationFailed, "There are too many texts");
    // Texts of one version stay together, and versions in the order in which they came.
    const auto newest = std::find_if(texts_.rbegin(), texts_.rend(),
                                     [&](const ConsentText& known) { return known.version == version; });
    const auto place = newest == texts_.rend() ? texts_.end() : newest.base();
    texts_.insert(place, hashed(std::move(version), std::move(language), text));
    return {};
}

const ConsentText* ConsentRegistry::find(std::string_view version, std::string_view sha256) const {
    const auto found = std::ranges::find_if(texts_, [&](const ConsentText& text) {
        return text.version == version && sha256.size() == text.sha256.size() && equal_hex(text.sha256, sha256);
    });
    return found == texts_.end() ? nullptr : &*found;
}

bool is_consent_version(std::string_view text) {
    return !text.empty() && text.size() <= 64 && text.front() != '.' &&
           std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_language_tag(std::string_view text) {
    if (text.size() < 2 || text.size() > 35) return false;
    std::size_t part = 0;
    bool first = true;
    for (const char c : text) {
        if (c == '-') {
            if (part == 0 || (first && part < 2)) return false;
            part = 0;
            first = false;
        } else if (!is_alphanumeric(c) || (first && c >= '0' && c <= '9') || ++part > 8) {
            return false;
        }
    }
    return part > 0;
}

}  // namespace facegate::domain
