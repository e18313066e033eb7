#include "media/url.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

TEST(UrlTest, HidesThePasswordAndNothingElse) {
  EXPECT_EQ(without_password("rtsp://user:secret@cam:554/live"), "rtsp://user:***@cam:554/live");
  EXPECT_EQ(without_password("rtsp://user:s@cret@cam/live"), "rtsp://user:***@cam/live");
  EXPECT_EQ(without_password("rtsp://user@cam:554/live"), "rtsp://user@cam:554/live");
  EXPECT_EQ(without_password("http://cam:80/a@b:c"), "http://cam:80/a@b:c");
  EXPECT_EQ(without_password("rtsp://[::1]:554/live"), "rtsp://[::1]:554/live");
  EXPECT_EQ(without_password("udp://@239.0.0.1:5000"), "udp://@239.0.0.1:5000");
  EXPECT_EQ(without_password("/video/a:b@c.avi"), "/video/a:b@c.avi");
  EXPECT_EQ(without_password("C:/video/a@b.avi"), "C:/video/a@b.avi");
  EXPECT_EQ(without_password("12:30 e.avi"), "12:30 e.avi");
  EXPECT_EQ(without_password("a=1"), "a=1");
  EXPECT_EQ(without_password(""), "");
}

TEST(UrlTest, HidesSecretsInTheQuery) {
  EXPECT_EQ(without_password("http://cam/v?user=me&Password=x&size=2"),
            "http://cam/v?user=me&Password=***&size=2");
  EXPECT_EQ(without_password("http://cam/v?access_token=x"), "http://cam/v?access_token=***");
}

TEST(UrlTest, HidesInTheMiddleOfAMessage) {
  EXPECT_EQ(without_password("cannot open 'rtsp://a:b@c/d' nor http://e:f@g, sorry"),
            "cannot open 'rtsp://a:***@c/d' nor http://e:***@g, sorry");
  EXPECT_EQ(without_password("cannot open 'http://c/d?pw=b' nor http://g?key=f, sorry"),
            "cannot open 'http://c/d?pw=***' nor http://g?key=***, sorry");
  EXPECT_EQ(without_password("[tcp @ 0x5] rtsp://cam:554/live [http @ 0x6] failed"),
            "[tcp @ 0x5] rtsp://cam:554/live [http @ 0x6] failed");
}

TEST(UrlTest, HidesAgainWithoutHarm) {
  for (const std::string shown :
       {"rtsp://user:***@cam/live: cannot be opened: no answer",
        "http://cam/v?password=***&size=2: broke off", "http://cam/v?pw=***: x=1"}) {
    EXPECT_EQ(without_password(shown), shown);
  }
}

// Each as a source by itself, and in a message. The secret is SECRET, or begins and ends with S3 and T7.
TEST(UrlTest, HidesSecretsInOddPlaces) {
  const char* sources[] = {"rtsp://user:S3/T7@cam:554/live",
                           "rtsp://user:S3?T7@cam/live",
                           "rtsp://user:S3#T7@cam/live",
                           "rtsp://user:S3'T7@cam/live",
                           "rtsp://user:S3\"T7@cam/live",
                           "rtsp://user:S3 T7@cam/live",
                           "rtsp://user:S3<T7>@cam/live",
                           "rtsp://user:S3@T7@cam/live",
                           "rtsp://user:S3:T7@cam/live",
                           "rtsp://user:S3://T7@cam/live",
                           "rtsp://user:12/T7@cam/live",
                           "rtsp://user:S3\\T7@cam/live",
                           "rtsp://user:S3%40T7@cam/live",
                           "rtsp://user%3AS3T7@cam/live",
                           "rtsp://user:S3T7@[::1]:554/x",
                           "rtsp://:S3T7@cam",
                           "RTSP://user:S3T7@cam/live",
                           "rtsp:/user:S3T7@cam/live",
                           "rtsp:///user:S3T7@cam/live",
                           "rtsp:\\\\user:S3T7@cam/live",
                           "http://cam/v?pw=S3T7",
                           "http://cam/v?a=1;loginpas=S3T7&b=2",
                           "http://cam/v?PASSWD=S3'T7",
                           "http://cam/v?pwd=S3/T7",
                           "http://cam/v?pwd=S3?T7",
                           "http://cam/v?pwd=S3=T7",
                           "rtsp://cam:554/user=admin&password=S3T7&channel=1",
                           "rtsp://cam/user=admin_password=S3T7_channel=1",
                           "rtsp://cam/user=a..password=S3T7",
                           "http://u:S3T7@cam/v?loginuse=a&loginpas=S3T7",
                           "http://cam/#token=S3T7"};
  for (const std::string source : sources) {
    for (const std::string& text :
         {source, "cannot open " + source, "[rtsp @ 0x5] '" + source + "': failed"}) {
      const std::string shown = without_password(text);
      EXPECT_EQ(shown.find("S3"), std::string::npos) << text << " -> " << shown;
      EXPECT_EQ(shown.find("T7"), std::string::npos) << text << " -> " << shown;
      EXPECT_NE(shown.find("***"), std::string::npos) << text << " -> " << shown;
    }
  }
}

// A space may belong to what follows a message's url, so only a source by itself is sure to be hidden whole.
TEST(UrlTest, HidesWhatHasNoSlashesOrHasSpacesInASource) {
  for (const std::string source : {"rtsp:user:S3T7@cam", "user:S3T7@cam/live", "http://cam/v?pw=S3 T7",
                                   "http://cam/v?pw=\"S3 T7\"&a=1"}) {
    const std::string shown = without_password(source);
    EXPECT_EQ(shown.find("S3"), std::string::npos) << source << " -> " << shown;
    EXPECT_EQ(shown.find("T7"), std::string::npos) << source << " -> " << shown;
  }
}

TEST(UrlTest, IsQuickForLongTexts) {
  for (const std::string part : {"@", ":", "a:/", "a://b:c@", "pw=", "/", "u:@ "}) {
    std::string text = "rtsp://u:p";
    while (text.size() < 300000) text += part;
    (void)without_password(text);  // seconds, if it were quadratic
  }
}

}  // namespace
}  // namespace mainstream
