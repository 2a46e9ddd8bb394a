// Reads a patient's credential.  usage: Call [mdtrt_cert_type]     01 electronic credential, 03 card (the default)
// java -cp jna.jar -Djna.library.path=FOLDER Call.java     (the library's folder; Java and the library of the same bitness)
import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.util.Collections;

public class Call {
    public interface MpsClient extends Library {
        int MPS_Call(byte[] req, byte[] resp);
    }

    public static void main(String[] args) throws Exception {
        // stdcall on Windows
        int convention = Platform.isWindows() ? Function.ALT_CONVENTION : Function.C_CONVENTION;
        MpsClient library = Native.load("mps_client", MpsClient.class,
                Collections.singletonMap(Library.OPTION_CALLING_CONVENTION, convention));
        String request = "<?xml version=\"1.0\" encoding=\"GBK\" ?>\n"
                + "<request>\n"
                + "    <Header>\n"
                + "        <funid>N04.00.00.01</funid>\n"
                + "        <sign>0000000000000000</sign>\n"
                + "    </Header>\n"
                + "    <Body>\n"
                + "        <mdtrt_cert_type>" + (args.length > 0 ? args[0] : "03") + "</mdtrt_cert_type>\n"
                + "    </Body>\n"
                + "</request>";
        byte[] response = new byte[8192]; // no smaller than response_capacity in mps.toml
        int code = library.MPS_Call((request + "\0").getBytes("GBK"), response);
        if (code < 0) {
            System.err.println("MPS_Call: " + code);
            System.exit(1);
        }
        System.out.println(Native.toString(response, "GBK"));
    }
}
