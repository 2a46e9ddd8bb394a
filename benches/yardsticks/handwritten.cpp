// The usual hand-written library: pugixml for the messages, RapidJSON for the vendor's answers, iconv for their charset.
#include <dlfcn.h>
#include <iconv.h>
#include <pugixml.hpp>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// One direction of a conversion; descriptors are not for two threads at once.
class Converter {
public:
    Converter(const char *to, const char *from) : descriptor(iconv_open(to, from)) {}
    ~Converter() { iconv_close(descriptor); }

    std::string operator()(const char *text, size_t length)
    {
        std::string converted(length * 2 + 16, '\0');
        char *in = const_cast<char *>(text), *out = &converted[0];
        size_t left = length, room = converted.size();
        iconv(descriptor, nullptr, nullptr, nullptr, nullptr);
        if (iconv(descriptor, &in, &left, &out, &room) == static_cast<size_t>(-1))
            throw std::runtime_error("编码错误");
        converted.resize(converted.size() - room);
        return converted;
    }

private:
    iconv_t descriptor;
};

std::string to_utf8(const char *text, size_t length)
{
    thread_local Converter convert("UTF-8", "GB18030");
    return convert(text, length);
}

std::string to_gbk(const std::string &text)
{
    thread_local Converter convert("GBK", "UTF-8");
    return convert(text.data(), text.size());
}

struct Vendors {
    long (*open)(const char *, char *);
    long (*read)(char *, char *);
    long (*close)();
    const char *(*query)(const char *, const char *, char *);
    std::mutex card, credential;

    Vendors()
    {
        const std::string folder = std::getenv("YARDSTICK_VENDORS");
        void *library = dlopen((folder + "/libSSCard.so").c_str(), RTLD_NOW);
        open = reinterpret_cast<decltype(open)>(dlsym(library, "SSC_Open"));
        read = reinterpret_cast<decltype(read)>(dlsym(library, "SSC_ReadCard"));
        close = reinterpret_cast<decltype(close)>(dlsym(library, "SSC_Close"));
        library = dlopen((folder + "/libNationECCode.so").c_str(), RTLD_NOW);
        query = reinterpret_cast<decltype(query)>(dlsym(library, "NationEcTrans"));
    }
};

Vendors &vendors()
{
    static Vendors loaded;
    return loaded;
}

void add(pugi::xml_node &node, const char *name, const std::string &text)
{
    node.append_child(name).text().set(text.c_str());
}

void read_card(pugi::xml_node &body)
{
    std::vector<char> info(4096), error(1024);
    {
        std::lock_guard<std::mutex> lock(vendors().card);
        if (vendors().open("USB1", error.data()) != 0)
            throw std::runtime_error("接口SSC_Open 失败:" + to_utf8(error.data(), std::strlen(error.data())));
        const long read = vendors().read(info.data(), error.data());
        vendors().close();
        if (read != 0)
            throw std::runtime_error("接口SSC_ReadCard 失败:" + to_utf8(error.data(), std::strlen(error.data())));
    }
    const std::string text = to_utf8(info.data(), std::strlen(info.data()));
    std::vector<std::string> parts;
    for (size_t begin = 0, end; (end = text.find('|', begin)) != std::string::npos; begin = end + 1)
        parts.push_back(text.substr(begin, end - begin));
    if (parts.size() < 5)
        throw std::runtime_error("返回数据不完整");
    add(body, "idcard_no", parts[1]);
    add(body, "card_no", parts[2]);
    add(body, "name", parts[4]);
    add(body, "card_code", parts[3]);
}

std::string credential_request()
{
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    json.StartObject();
    json.Key("data");
    json.StartObject();
    const char *members[][2] = {{"orgId", "H350XXXXXX"}, {"businessType", "01101"}, {"operatorId", ""},
                                {"operatorName", "测试员"}, {"officeId", ""}, {"officeName", ""}, {"deviceType", ""}};
    for (const auto &member : members) {
        json.Key(member[0]);
        json.String(member[1]);
    }
    json.EndObject();
    json.Key("orgId");
    json.String("H350XXXXXX");
    json.Key("transType");
    json.String("ec.query");
    json.EndObject();
    return buffer.GetString();
}

void query_credential(pugi::xml_node &body)
{
    std::vector<char> answer(65536);
    std::string status;
    const std::string request = to_gbk(credential_request());
    {
        std::lock_guard<std::mutex> lock(vendors().credential);
        status = vendors().query("https://ec.example/ok", request.c_str(), answer.data());
    }
    const std::string text = to_utf8(answer.data(), std::strlen(answer.data()));
    if (status != "0000")
        throw std::runtime_error("电子凭证解析错误[msg=" + text + "]");
    rapidjson::Document json;
    json.Parse(text.c_str());
    if (json.HasParseError() || !json.IsObject() || !json.HasMember("code"))
        throw std::runtime_error("返回的不是完整的JSON");
    const auto &code = json["code"];
    if (!(code.IsString() && std::strcmp(code.GetString(), "0") == 0) && !(code.IsInt() && code.GetInt() == 0))
        throw std::runtime_error("电子凭证解析错误");
    add(body, "out_put", "\n" + text + "\n        ");
}

struct StringWriter : pugi::xml_writer {
    std::string text;
    void write(const void *data, size_t size) override { text.append(static_cast<const char *>(data), size); }
};

std::string answer(const char *req)
{
    const std::string text = to_utf8(req, std::strlen(req));
    pugi::xml_document request, response;
    const bool parsed = request.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    const pugi::xml_node asked = request.child("request");
    const std::string funid = asked.child("Header").child_value("funid"), sign = asked.child("Header").child_value("sign"),
                      type = asked.child("Body").child_value("mdtrt_cert_type");

    pugi::xml_node declaration = response.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "GBK";
    pugi::xml_node root = response.append_child("response"), header = root.append_child("Header"),
                   body = root.append_child("Body");
    std::string result = "0", msg = "操作成功";
    try {
        if (!parsed)
            throw std::runtime_error("请求报文不是XML");
        if (funid != "N04.00.00.01")
            throw std::runtime_error("没有功能编号" + funid);
        if (type == "03")
            read_card(body);
        else if (type == "01")
            query_credential(body);
        else
            throw std::runtime_error("就诊凭证类型不正确");
    } catch (const std::exception &error) {
        result = "-1";
        msg = error.what();
    }
    add(header, "funid", funid);
    add(header, "sign", sign);
    add(header, "result", result);
    add(header, "msg", msg);
    StringWriter writer;
    response.save(writer, "    ", pugi::format_indent, pugi::encoding_utf8);
    return to_gbk(writer.text);
}

} // namespace

extern "C" __attribute__((visibility("default"))) int MPS_Call(const char *req, char *resp)
{
    try {
        std::strcpy(resp, answer(req).c_str());
        return 0;
    } catch (...) {
        *resp = '\0';
        return -1;
    }
}
