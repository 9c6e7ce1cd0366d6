#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "app/data_directory.h"
#include "app/packs.h"
#include "base/clock.h"
#include "domain/faces/face.h"
#include "domain/keys/api_key.h"
#include "domain/tenants/tenant.h"
#include "domain/users/user.h"
#include "media/image_decoder.h"
#include "media/jpeg_encoder.h"
#include "support/photo.h"
#include "vision/face_engine.h"
#include "vision/model_pack.h"

namespace facegate::bench {

inline constexpr int kStrangers = 10'000;

/// What the measurements know of a prepared data directory.
struct Enrolled {
    std::string path;
    Scope scope;
    std::string key;           ///< a secret key of the scope
    std::string match_body;    ///< POST /v1/match: a 640 x 640 portrait of the enrolled person
    vision::FaceVector probe;  ///< of that portrait
    std::string pack_id;
};

/// A face that belongs to nobody: unit vectors in random directions, each scaled as the pack scales its embedder's.
inline vision::FaceVector random_face(const vision::ModelPack& pack, std::mt19937& random) {
    std::normal_distribution<float> normal;
    vision::FaceVector face;
    for (const vision::EmbedderRole& role : pack.embedders) {
        const std::size_t begin = face.size();
        double sum = 0;
        for (std::size_t i = 0; i < role.dimension; ++i) {
            face.push_back(normal(random));
            sum += static_cast<double>(face.back()) * static_cast<double>(face.back());
        }
        const auto scale = static_cast<float>(std::sqrt(role.weight / sum));
        for (std::size_t i = begin; i < face.size(); ++i) face[i] *= scale;
    }
    return face;
}

/// Fills an empty data directory with one tenant, `kStrangers` people and one whose photo there is.
class DirectoryFiller {
public:
    DirectoryFiller(const std::string& path, const std::string& pack_id)
        : data_(app::open_data_directory(path, random_)), pack_id_(pack_id) {
        data_.database->write_system([&](sql::SystemTx& tx) {
            const auto tenant = domain::create_tenant(tx, *data_.vault, random_, "Bench", {}, clock_.now()).value();
            scope_ = {tenant.id, Environment::kTest};
            key_ = domain::create_key(tx, random_, scope_, "bench", {}, clock_.now()).value().text;
        });
    }

    void enroll(const std::string& name, const vision::FaceVector& vector) {
        data_.database->write(scope_, [&](sql::TenantTx& tx) { insert(tx, name, vector); });
    }
    void enroll_strangers(const vision::ModelPack& pack) {
        constexpr int kBatch = 500;
        std::mt19937 directions(1);
        for (int done = 0; done < kStrangers; done += kBatch) {
            data_.database->write(scope_, [&](sql::TenantTx& tx) {
                for (int i = 0; i < kBatch; ++i) {
                    insert(tx, "Person " + std::to_string(done + i), random_face(pack, directions));
                }
            });
        }
    }
    [[nodiscard]] const Scope& scope() const { return scope_; }
    [[nodiscard]] const std::string& key() const { return key_; }

private:
    void insert(sql::TenantTx& tx, const std::string& name, const vision::FaceVector& vector) {
        domain::UserProfile profile;
        profile.name = name;
        profile.role = "member";
        const UserId user = domain::create_user(tx, random_, profile, {}, clock_.now()).value();
        data_.vault->create_user_key(tx, user);
        domain::Face face;
        face.user = user;
        face.pack_id = pack_id_;
        face.confidence = 99;
        domain::add_face(tx, *data_.vault, random_, face, vector, clock_.now());
    }

    SystemClock clock_;
    SystemRandom random_;
    app::DataDirectory data_;
    std::string pack_id_;
    Scope scope_;
    std::string key_;
};

/// Prepares `path`, which must not exist. `share` holds the model pack and the photo.
inline Enrolled prepare_directory(const std::string& path, const std::string& share) {
    app::Config config;
    config.share_dir = share;
    const vision::FaceEngine::Options options = app::engine_options(config);
    const auto pack = vision::read_model_pack(options.pack_dir);
    if (!pack) throw std::runtime_error(pack.error().message);
    const auto engine = vision::FaceEngine::load(options);
    if (!engine) throw std::runtime_error(engine.error().message);
    const auto vector_of = [&](const media::Image& image) {
        const auto faces = (*engine)->detect(image);
        if (faces.empty()) throw std::runtime_error("no face in the sample photo");
        return (*engine)->embed(image, (*engine)->landmarks(image, faces.front()));
    };
    const media::Image photo = media::decode_image(read_file(share + "/samples/sample2.jpg")).value();
    const auto faces = (*engine)->detect(photo);
    if (faces.empty()) throw std::runtime_error("no face in the sample photo");
    const Bytes jpeg = media::encode_jpeg(portrait(photo, faces.front().box, 640), 90);

    Enrolled enrolled;
    enrolled.path = path;
    enrolled.pack_id = (*engine)->pack_id();
    enrolled.match_body = R"({"image":")" + to_base64(jpeg) + R"("})";
    enrolled.probe = vector_of(media::decode_image(jpeg).value());
    DirectoryFiller filler(path, enrolled.pack_id);
    filler.enroll_strangers(*pack);
    filler.enroll("Sample Person", vector_of(photo));
    enrolled.scope = filler.scope();
    enrolled.key = filler.key();
    return enrolled;
}

}  // namespace facegate::bench
