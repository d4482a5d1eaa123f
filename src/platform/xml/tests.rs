use crate::platform::tests::{paths, read_by_processes, resource, side};

/// The settings of an XML file: `path = value`, one line each.
fn read(text: &str) -> Vec<String> {
    let (_, settings) = side(&[("app.xml", text)]);
    let file = resource(&settings, "app.xml");
    file.settings.iter().map(|setting| format!("{} = {}", setting.path, setting.value.text)).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(read(text), expected, "{text}");
}

#[test]
fn attributes_and_texts_are_keys_of_their_element() {
    check("<a b='1'><c>2</c><d e='3'>4</d><f/></a>", &["a.b = 1", "a.c = 2", "a.d = 4", "a.d.e = 3", "a.f = "]);
    check("<a>x<b>1</b></a>", &["a.#text = x", "a.b = 1"]);
}

#[test]
fn elements_with_a_name_and_a_value_are_keys() {
    for (text, expected) in [
        ("<property name='k' value='v'/>", "a.k = v"),
        ("<property name='k'>v</property>", "a.k = v"),
        ("<property name='k'>\n  <value> v\n</value></property>", "a.k = v"),
        ("<property><name>k</name><value>v</value></property>", "a.k = v"),
        ("<property name='k' ref='v'/>", "a.k = v"),
        ("<add key='k' value='v'/>", "a.k = v"),
        ("<add name='k' connectionString='v'/>", "a.k = v"),
        ("<Parameter name='k' value='v'/>", "a.k = v"),
        ("<entry key='k'>v</entry>", "a.k = v"),
        ("<prop key='k'>v</prop>", "a.k = v"),
        ("<setting name='k'><value>v</value></setting>", "a.k = v"),
        ("<init-param><param-name>k</param-name><param-value>v</param-value></init-param>", "a.k = v"),
        ("<env-entry><env-entry-name>k</env-entry-name><env-entry-value>v</env-entry-value></env-entry>", "a.k = v"),
        ("<xa-datasource-property name='k'>v</xa-datasource-property>", "a.k = v"),
        ("<connection-property name='k'><![CDATA[v]]></connection-property>", "a.k = v"),
        ("<property name='k' value=''/>", "a.k = "),
        ("<property name='k'><bean url='v'/></property>", "a.k.bean.url = v"),
        ("<property name='k'><props><prop key='x'>v</prop></props></property>", "a.k.props.x = v"),
    ] {
        check(&format!("<a>{text}</a>"), &[expected]);
    }
    check(
        "<a><setting name='k' serializeAs='String'><value>v</value></setting></a>",
        &["a.k = v", "a.k.serializeAs = String"],
    );
    check("<a><host name='k'>v</host></a>", &["a.host[k] = v"]);
}

#[test]
fn an_element_with_an_identity_is_an_item_also_alone() {
    check("<a><b id='x' c='1'/></a>", &["a.b[x].c = 1"]);
    check("<a><b id='y' c='2'/><b id='x' c='1'/></a>", &["a.b[x].c = 1", "a.b[y].c = 2"]);
    check("<a><b><name>x</name><c>1</c></b></a>", &["a.b[x].c = 1"]);
    check("<a><servlet><servlet-name>x</servlet-name></servlet></a>", &["a.servlet[x].servlet-name = x"]);
    check("<a><remove name='x'/></a>", &["a.remove[x] = "]);
    check("<a><b jndi-name='java:/x' c='1'/></a>", &["a.b[java:/x].c = 1", "a.b[java:/x].jndi-name = java:/x"]);
}

#[test]
fn elements_without_identity_go_by_what_tells_them_apart() {
    check("<a><b c='1'/></a>", &["a.b.c = 1"]);
    check("<a><b c='1'/><b id='x' c='2'/></a>", &["a.b.c = 1", "a.b[x].c = 2"]);
    check(
        "<a><b class='P' c='1'/><b class='Q' c='2'/></a>",
        &["a.b[P].c = 1", "a.b[P].class = P", "a.b[Q].c = 2", "a.b[Q].class = Q"],
    );
    check("<a><b c='1'/><b c='1'/></a>", &["a.b[0].c = 1", "a.b[1].c = 1"]);
    check(
        "<a><b id='x' c='1'/><b id='x' c='2'/></a>",
        &["a.b[0].c = 1", "a.b[0].id = x", "a.b[1].c = 2", "a.b[1].id = x"],
    );
    check("<a><c>x</c><c>y</c></a>", &["a.c[x] = x", "a.c[y] = y"]);
}

#[test]
fn no_secret_becomes_a_name() {
    check(
        "<a><password>Hx72kqLw</password><password>Bz93mmQp</password></a>",
        &["a.password[0] = Hx72kqLw", "a.password[1] = Bz93mmQp"],
    );
    check("<a><apiKey key='Hx72kqLw' c='1'/></a>", &["a.apiKey.c = 1", "a.apiKey.key = Hx72kqLw"]);
    check("<a><b name='postgres://u:p@h/d' c='1'/></a>", &["a.b.c = 1", "a.b.name = postgres://u:p@h/d"]);
}

#[test]
fn the_short_form_of_spring_is_the_long_one() {
    check("<beans xmlns:p='x'><bean id='a' p:url='v'/></beans>", &["beans.bean[a].url = v", "beans.xmlns:p = x"]);
}

#[test]
fn variables_of_a_process_are_an_environment() {
    let text = "<configuration><aspNetCore processPath='x'><environmentVariables>\
                <environmentVariable name='DB_HOST' value='db'/></environmentVariables></aspNetCore></configuration>";
    let (_, settings) = side(&[("web.config", text)]);
    let expected = ["env web.config DB_HOST = db", "file web.config configuration.aspNetCore.processPath = x"];
    assert_eq!(read_by_processes(resource(&settings, "web.config")), expected);
}

#[test]
fn java_s_own_properties_are_called_as_the_program_calls_them() {
    let (_, settings) =
        side(&[("db.properties.xml", "<properties><comment>c</comment><entry key='db.url'>v</entry></properties>")]);
    let read = read_by_processes(resource(&settings, "db.properties.xml"));
    assert!(read.contains(&"file db.properties.xml db.url = v".to_owned()), "{read:?}");
}

#[test]
fn loggers_and_build_files_are_read_by_no_process() {
    let files = [
        ("logback-spring.xml", "<configuration><a>1</a></configuration>"),
        ("conf/log.xml", "<configuration><appender name='A'/></configuration>"),
        ("log.xml", "<Configuration><Appenders/></Configuration>"),
        ("pom.xml", "<project><properties><a>1</a></properties></project>"),
    ];
    let (_, settings) = side(&files);
    for (name, _) in files {
        let file = resource(&settings, name);
        assert!(!paths(file).is_empty() && read_by_processes(file).is_empty(), "{name}");
    }
}

#[test]
fn a_file_inside_a_value_is_read() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  context.xml: |\n    <Context>\n      <Resource name=\"x\" url=\"v\"/>\n    </Context>\n  \
               logback.xml: |\n    <configuration>\n      <a>1</a>\n    </configuration>\n";
    let (sources, settings) = side(&[("a.yaml", map)]);
    let file = resource(&settings, "ConfigMap a");
    let url = file.settings.iter().find(|setting| setting.path.last() == "url").expect("the attribute");
    assert_eq!(url.path.to_string(), "data.context.xml!Context.Resource[x].url");
    assert_eq!(sources.text(url.at), "\"v\"");
    assert_eq!(read_by_processes(file), ["file context.xml Context.Resource[x].url = v"]);
}
