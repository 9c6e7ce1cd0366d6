#include "vision/runtime/onnx_runtime.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "vision/runtime/onnx_abi.h"

#if defined(__SANITIZE_ADDRESS__)
// The library never frees two small blocks of its own start-up. Read by the leak check when the process ends.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libonnxruntime.so";
}
#endif

namespace facegate::vision {
namespace {

using namespace onnx_abi;

void check(const Api& api, Status* status) {
    if (status == nullptr) return;
    std::string message = api.get_error_message(status);
    api.release_status(status);
    throw InferenceFailure("ONNX Runtime: " + message);
}

/// Owns one of the library's objects.
template <class T>
class Owned {
public:
    Owned(const Api& api, void (*Api::*release)(T*)) : api_(api), release_(release) {}
    Owned(Owned&& other) noexcept
        : api_(other.api_), release_(other.release_), object_(std::exchange(other.object_, nullptr)) {}
    Owned& operator=(Owned&&) = delete;
    ~Owned() {
        if (object_ != nullptr) (api_.*release_)(object_);
    }
    [[nodiscard]] T* get() const { return object_; }
    /// Where the library puts the object it creates.
    [[nodiscard]] T** slot() { return &object_; }

private:
    const Api& api_;
    void (*Api::*release_)(T*);
    T* object_ = nullptr;
};

std::vector<std::int64_t> dims_of(const Api& api, const TensorInfo* info) {
    std::size_t rank = 0;
    check(api, api.get_dimensions_count(info, &rank));
    std::vector<std::int64_t> dims(rank);
    check(api, api.get_dimensions(info, dims.data(), rank));
    return dims;
}

class OnnxNetwork final : public Network {
public:
    OnnxNetwork(const Api& api, const Env* env, const SessionOptions* options, NetworkSpec spec)
        : api_(api),
          spec_(std::move(spec)),
          session_(api, &Api::release_session),
          memory_(api, &Api::release_memory_info) {
        check(api_, api_.create_session(env, spec_.path.c_str(), options, session_.slot()));
        check(api_, api_.create_cpu_memory_info(kDeviceAllocator, kMemoryDefault, memory_.slot()));
        for (const std::string& name : spec_.output_names) output_names_.push_back(name.c_str());
        check_interface();
    }

    [[nodiscard]] std::vector<Tensor> run(const Tensor& input) const override {
        if (input.dims != spec_.input_dims) throw InferenceFailure(spec_.path + ": the input has the wrong dimensions");
        Owned<Value> in(api_, &Api::release_value);
        // The library takes inputs as mutable memory but only reads them.
        void* data = const_cast<float*>(input.values.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        check(api_, api_.create_tensor_with_data(memory_.get(), data, input.values.size() * sizeof(float),
                                                 input.dims.data(), input.dims.size(), kFloat32, in.slot()));
        const char* input_name = spec_.input_name.c_str();
        const Value* input_value = in.get();
        std::vector<Value*> raw(output_names_.size(), nullptr);
        Status* status = api_.run(session_.get(), nullptr, &input_name, &input_value, 1, output_names_.data(),
                                  output_names_.size(), raw.data());
        std::vector<Owned<Value>> outputs;
        outputs.reserve(raw.size());
        for (Value* value : raw) {
            outputs.emplace_back(api_, &Api::release_value);
            *outputs.back().slot() = value;
        }
        check(api_, status);
        std::vector<Tensor> tensors;
        tensors.reserve(outputs.size());
        for (const Owned<Value>& output : outputs) tensors.push_back(read(output.get()));
        return tensors;
    }

private:
    [[nodiscard]] Tensor read(Value* value) const {
        Owned<TensorInfo> info(api_, &Api::release_tensor_info);
        check(api_, api_.get_tensor_type_and_shape(value, info.slot()));
        ElementType type{};
        check(api_, api_.get_tensor_element_type(info.get(), &type));
        if (type != kFloat32) throw InferenceFailure(spec_.path + ": an output is not of type float32");
        std::size_t count = 0;
        check(api_, api_.get_tensor_shape_element_count(info.get(), &count));
        void* data = nullptr;
        check(api_, api_.get_tensor_mutable_data(value, &data));
        const float* values = static_cast<const float*>(data);
        return {dims_of(api_, info.get()), std::vector<float>(values, values + count)};
    }

    using NameGetter = Status* (*)(const Session*, std::size_t, Allocator*, char**);

    [[nodiscard]] std::string name_at(NameGetter getter, std::size_t index) const {
        Allocator* allocator = nullptr;
        check(api_, api_.get_allocator_with_default_options(&allocator));
        char* text = nullptr;
        check(api_, getter(session_.get(), index, allocator, &text));
        std::string name = text;
        check(api_, api_.allocator_free(allocator, text));
        return name;
    }

    /// Finds a wrong manifest at start instead of at the first face.
    void check_interface() const {
        std::size_t inputs = 0;
        check(api_, api_.session_get_input_count(session_.get(), &inputs));
        if (inputs != 1 || name_at(api_.session_get_input_name, 0) != spec_.input_name)
            throw InferenceFailure(fmt::format("the network's only input must be named \"{}\"", spec_.input_name));
        Owned<TypeInfo> type(api_, &Api::release_type_info);
        check(api_, api_.session_get_input_type_info(session_.get(), 0, type.slot()));
        const TensorInfo* tensor = nullptr;
        check(api_, api_.cast_type_info_to_tensor_info(type.get(), &tensor));
        const std::vector<std::int64_t> dims = tensor == nullptr ? std::vector<std::int64_t>{} : dims_of(api_, tensor);
        // A negative dimension is left open by the network.
        const auto fits = [](std::int64_t has, std::int64_t wanted) { return has < 0 || has == wanted; };
        if (!std::ranges::equal(dims, spec_.input_dims, fits))
            throw InferenceFailure(
                fmt::format("the input must have the dimensions {}", fmt::join(spec_.input_dims, " x ")));
        std::size_t outputs = 0;
        check(api_, api_.session_get_output_count(session_.get(), &outputs));
        std::vector<std::string> names;
        for (std::size_t i = 0; i < outputs; ++i) names.push_back(name_at(api_.session_get_output_name, i));
        for (const std::string& wanted : spec_.output_names)
            if (std::ranges::find(names, wanted) == names.end())
                throw InferenceFailure(
                    fmt::format("the network has no output \"{}\", only {}", wanted, fmt::join(names, ", ")));
    }

    const Api& api_;
    NetworkSpec spec_;
    Owned<Session> session_;
    Owned<MemoryInfo> memory_;
    std::vector<const char*> output_names_;
};

class OnnxRuntime final : public InferenceRuntime {
public:
    OnnxRuntime(const Api& api, std::string version)
        : api_(api), name_("onnxruntime " + version), options_(api, &Api::release_session_options) {
        // Sessions share one environment for the life of the process: the library allows only one set of log settings,
        // and releasing it at exit would race with its own static destructors.
        static Env* const env = [&api] {
            Env* created = nullptr;
            check(api, api.create_env(kLogError, "facegate", &created));
            return created;
        }();
        env_ = env;
        check(api_, api_.create_session_options(options_.slot()));
        check(api_, api_.set_session_graph_optimization_level(options_.get(), kOptimizeAll));
        check(api_, api_.set_session_execution_mode(options_.get(), kSequential));
        check(api_, api_.set_intra_op_num_threads(options_.get(), 1));
        check(api_, api_.set_inter_op_num_threads(options_.get(), 1));
        // A session's arena keeps what as many runs as were ever busy at once need, which callers limit. Without it
        // malloc keeps as much for every thread that ever ran one: twice the server's memory.
        check(api_, api_.enable_cpu_mem_arena(options_.get()));
    }

    [[nodiscard]] Result<std::unique_ptr<Network>> load(const NetworkSpec& spec) const override {
        try {
            auto network = std::make_unique<OnnxNetwork>(api_, env_, options_.get(), spec);
            malloc_trim(0);  // reading and optimising a network leaves several times its size behind, freed
            return network;
        } catch (const InferenceFailure& failure) {
            return fail(ErrorCode::kProviderError,
                        fmt::format("{}: cannot be loaded: {}; fetch the model pack again", spec.path, failure.what()));
        }
    }

    [[nodiscard]] std::string name() const override { return name_; }

private:
    const Api& api_;
    std::string name_;
    const Env* env_ = nullptr;
    Owned<SessionOptions> options_;
};

}  // namespace

Result<std::unique_ptr<InferenceRuntime>> open_onnx_runtime(const std::string& library_path) {
    constexpr const char* kSystemName = "libonnxruntime.so.1";
    const char* path = library_path.empty() ? kSystemName : library_path.c_str();
    const auto failed = [&](std::string_view why) {
        return fail(
            ErrorCode::kProviderError,
            fmt::format("{}: ONNX Runtime cannot be used: {}; fetch it again or choose the OpenCV runtime", path, why));
    };
    // Never closed: its threads and static objects outlive any scope that could close it.
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return failed(dlerror());
    const auto get_base = reinterpret_cast<GetApiBase>(dlsym(library, "OrtGetApiBase"));
    if (get_base == nullptr) return failed("it does not export OrtGetApiBase");
    const ApiBase* base = get_base();
    const Api* api = base == nullptr ? nullptr : base->get_api(kApiVersion);
    if (api == nullptr) return failed("it does not offer version 1 of its interface");
    try {
        return std::make_unique<OnnxRuntime>(*api, base->get_version_string());
    } catch (const InferenceFailure& failure) {
        return failed(failure.what());
    }
}

}  // namespace facegate::vision
