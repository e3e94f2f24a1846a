// XML as S3 writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace s3pipes::sim {

class XmlText {
  public:
    enum class Namespace : std::uint8_t { s3, none };

    XmlText();

    // The root has S3's namespace where `space` says so. Names are literals: they outlive this.
    void open(std::string_view name, Namespace space = Namespace::none);
    void close();
    void element(std::string_view name, std::string_view text);
    void element(std::string_view name, std::uint64_t number);
    void text(std::string_view text) { escape(text); }
    void flag(std::string_view name, bool value);

    std::string take() { return std::move(text_); }

  private:
    void escape(std::string_view text);

    std::string text_;
    std::vector<std::string_view> open_;
};

}  // namespace s3pipes::sim
