// Reads a patient's credential.  usage: Call [mdtrt_cert_type]     01 电子医保凭证, 03 社会保障卡 (the default)
// For .NET Framework, .NET and Mono. The process must have the library's bitness: compile with -platform:x86 for the 32-bit one.
using System;
using System.Runtime.InteropServices;
using System.Text;

static class Call
{
    // Bytes, not strings: a string would be converted by the machine's own code page, which need not be the message's.
    [DllImport("mps_client.dll", CallingConvention = CallingConvention.StdCall)]
    static extern int MPS_Call(byte[] req, byte[] resp);

    static int Main(string[] args)
    {
        string request =
            "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n" +
            "<request>\n" +
            "    <Header>\n" +
            "        <funid>N04.00.00.01</funid>\n" +
            "        <sign>0000000000000000</sign>\n" +
            "    </Header>\n" +
            "    <Body>\n" +
            "        <mdtrt_cert_type>" + (args.Length > 0 ? args[0] : "03") + "</mdtrt_cert_type>\n" +
            "    </Body>\n" +
            "</request>";
        byte[] response = new byte[8192]; // no smaller than response_capacity in mps.toml
        // The answer comes in the request's charset. UTF-8 is there on every .NET; GBK is not, and lacks rare characters.
        int code = MPS_Call(Encoding.UTF8.GetBytes(request + "\0"), response);
        if (code < 0)
        {
            Console.Error.WriteLine("MPS_Call: " + code);
            return 1;
        }
        Console.WriteLine(Encoding.UTF8.GetString(response, 0, Array.IndexOf(response, (byte)0)));
        return 0;
    }
}
